/** Which cluster a command speaks to: the one that the command line names, else the one that runs from this repository. */
import { lookup } from "node:dns/promises";
import { readFileSync } from "node:fs";
import { CLUSTER_FOLDER, type ClusterState, type MemberRecord, statePath } from "../cluster/state";
import { refused, usage } from "./exit";
import type { HostMember } from "./host-client";
import type { MemberAddress } from "./parse";

export interface Target {
	readonly clusterHigh: number;
	readonly clusterLow: number;
	readonly members: readonly HostMember[];
	/** Path of the local cluster's control socket; a cluster elsewhere has none. */
	readonly control?: string;
	/** What the launcher says of each board of the local cluster, or process in its place. */
	readonly boards?: readonly MemberRecord[];
	/** Of the local cluster: where a member is by now. */
	readonly locate?: (id: number) => HostMember | undefined;
}

/** Tests point elsewhere. */
const STATE_PATH_VARIABLE = "BALSA_STATE";

function readState(): ClusterState | undefined {
	const path = process.env[STATE_PATH_VARIABLE] ?? statePath(CLUSTER_FOLDER);
	let text: string;
	try {
		text = readFileSync(path, "utf8");
	} catch {
		return undefined;
	}
	try {
		const state: ClusterState = JSON.parse(text);
		const numbers = [state.clusterHigh, state.clusterLow, state.pid];
		if (numbers.every(Number.isInteger) && state.members.length > 0) return state;
	} catch {
		// The answer is the same as for a file that says something else.
	}
	throw refused(`${path} does not describe a cluster: start it again with \`npm start\``);
}

/** Its ports may be another's by now. */
function hasEnded({ pid }: ClusterState): boolean {
	try {
		process.kill(pid, 0);
		return false;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "ESRCH";
	}
}

/** @returns the cluster that runs from this repository */
export function localTarget(): Target {
	const state = readState();
	// A launcher that was killed with -9 leaves its state file behind.
	if (state === undefined || hasEnded(state))
		throw usage("no cluster runs here: start one with `npm start`, or name one with --cluster and --cluster-id");
	return {
		clusterHigh: state.clusterHigh,
		clusterLow: state.clusterLow,
		members: state.members.map((member) => ({ id: member.id, address: member.address, port: member.port })),
		control: state.control,
		boards: state.members,
		locate: (id) => readState()?.members.find((member) => member.id === id),
	};
}

export interface TargetOptions {
	cluster?: MemberAddress[];
	clusterId?: { high: number; low: number };
}

/** @throws CommandFailure where its name is no one's */
export async function resolveMember(member: MemberAddress): Promise<HostMember> {
	try {
		const { address } = await lookup(member.host, { family: 4 });
		return { id: member.id, address, port: member.port };
	} catch {
		throw usage(`the host name "${member.host}" has no IPv4 address`);
	}
}

/** @returns the cluster that the options name; its id, when they leave it out, is the local cluster's */
export async function targetOf(options: TargetOptions): Promise<Target> {
	if (options.cluster === undefined) {
		if (options.clusterId !== undefined) throw usage("--cluster-id needs --cluster");
		return localTarget();
	}
	const local = options.clusterId === undefined ? readState() : undefined;
	if (options.clusterId === undefined && local === undefined)
		throw usage("--cluster needs --cluster-id, because every datagram names its cluster");
	return {
		clusterHigh: options.clusterId?.high ?? local!.clusterHigh,
		clusterLow: options.clusterId?.low ?? local!.clusterLow,
		members: await Promise.all(options.cluster.map(resolveMember)),
	};
}
