/** What runs, written down where the `balsa` command finds it. */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Runs; its process is stopped (its clock goes on); its machine is stopped (its clock too); is switched off; is a process of the host. */
export type MemberState = "running" | "paused" | "frozen" | "off" | "host";

export interface MemberRecord {
	readonly id: number;
	/** Of the flash that it was given last. */
	incarnation: number;
	/** Where a process of the host reaches it. */
	readonly address: string;
	readonly port: number;
	/** What the boards know it by. */
	readonly virtualAddress: string;
	state: MemberState;
	/** Of its QEMU, or 0. */
	pid: number;
	/** How often its QEMU ended by itself and was started again. */
	deaths: number;
	readonly flash: string;
	readonly log: string;
}

export interface ClusterState {
	/** 64 random bits, as two unsigned 32-bit numbers. */
	readonly clusterHigh: number;
	readonly clusterLow: number;
	/** The launcher's process. */
	readonly pid: number;
	/** Path of its control socket. */
	readonly control: string;
	/** Its folder of sockets. */
	readonly folder: string;
	readonly members: readonly MemberRecord[];
}

/** The folder for everything that a local cluster keeps. */
export const CLUSTER_FOLDER = join(fileURLToPath(new URL("../..", import.meta.url)), "build", "cluster");

export function statePath(folder: string): string {
	return join(folder, "state.json");
}

/** Replaces the file as a whole, so that nobody reads half of it. */
export function writeState(folder: string, state: ClusterState): void {
	const path = statePath(folder);
	writeFileSync(`${path}.new`, `${JSON.stringify(state, undefined, "\t")}\n`);
	renameSync(`${path}.new`, path);
}

/** @returns undefined where no launcher has left one, or not a whole one */
export function readState(folder: string): ClusterState | undefined {
	try {
		return JSON.parse(readFileSync(statePath(folder), "utf8"));
	} catch {
		return undefined;
	}
}

export function removeState(folder: string): void {
	rmSync(statePath(folder), { force: true });
}
