/** Which cluster the flash images in a folder belong to. */
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../../platform/node/durable-file";
import { Refusal } from "./refusal";

/** A board in one of its lives. */
export interface BoardLife {
	readonly id: number;
	readonly incarnation: number;
	/** It keeps no state. */
	readonly isWitness?: true;
	/** It was taken away; should its id come back, then in another life. */
	readonly isGone?: true;
}

export interface ClusterIdentity {
	/** 64 random bits, as two unsigned 32-bit numbers. */
	readonly clusterHigh: number;
	readonly clusterLow: number;
	/** Ids of the members, from the first configuration. */
	readonly members: readonly number[];
	/** All boards that there ever were, in their latest lives; left out while they are the first members in their first. */
	readonly boards?: readonly BoardLife[];
}

const FIRST_INCARNATION = 1;

/** @returns all boards that there ever were, in their latest lives */
export function boardsOf({ boards, members }: ClusterIdentity): readonly BoardLife[] {
	return boards ?? members.map((id) => ({ id, incarnation: FIRST_INCARNATION }));
}

/** @returns the life that a board of this id would begin now */
export function nextIncarnation(identity: ClusterIdentity, id: number): number {
	const life = boardsOf(identity).find((board) => board.id === id);
	return life === undefined ? FIRST_INCARNATION : life.incarnation + 1;
}

/** Writes down that a board is in that life from now on, or gone. @returns the identity with that */
export function writeBoard(folder: string, identity: ClusterIdentity, board: BoardLife): ClusterIdentity {
	const others = boardsOf(identity).filter((other) => other.id !== board.id);
	const boards = [...others, board].sort((one, other) => one.id - other.id);
	const next = { ...identity, boards };
	write(join(folder, "identity.json"), next);
	return next;
}

/**
 * @returns the identity that the folder has, or a new one, written down
 * @throws Refusal where the folder belongs to a cluster of other members
 */
export function ensureIdentity(folder: string, members: readonly number[]): ClusterIdentity {
	const path = join(folder, "identity.json");
	const found = read(path);
	if (found !== undefined) {
		if (found.members.join() === members.join()) return found;
		const both = `${found.members.join(" ")}, not ${members.join(" ")}`;
		throw new Refusal("OTHER_CLUSTER", `${folder} holds a cluster of the members ${both}: remove it to begin anew`);
	}
	const random = randomBytes(8);
	const identity = { clusterHigh: random.readUInt32LE(0), clusterLow: random.readUInt32LE(4), members: [...members] };
	write(path, identity);
	return identity;
}

/**
 * The folder's cluster is made anew by force, of one board: the others are gone, should their ids come back, then in
 * other lives. That board begins a later life as well, so its flash is never made again.
 * @returns false where the folder is of another cluster than the old one
 */
export function recoverIdentity(
	folder: string,
	old: { readonly clusterHigh: number; readonly clusterLow: number },
	survivor: { readonly clusterHigh: number; readonly clusterLow: number } & BoardLife,
): boolean {
	const path = join(folder, "identity.json");
	const found = read(path);
	if (found === undefined || !boardsOf(found).some((board) => board.id === survivor.id)) return false;
	const { clusterHigh, clusterLow, id, incarnation } = survivor;
	// A recovery that was cut off has written a new id already, and left the flash as it was.
	const isCut = boardsOf(found).every((board) => board.isGone === true || board.id === id);
	const isOld = found.clusterHigh === old.clusterHigh && found.clusterLow === old.clusterLow;
	if (!isOld && !isCut) return false;
	const boards = boardsOf(found).map((board) =>
		board.id === id ? { id, incarnation } : { ...board, isGone: true as const },
	);
	write(path, { ...found, clusterHigh, clusterLow, boards });
	return true;
}

function write(path: string, identity: ClusterIdentity): void {
	// On the disk before a board begins the life that it names: no life may begin twice.
	writeWhole(path, (file) => writeFileSync(file, `${JSON.stringify(identity)}\n`));
}

function read(path: string): ClusterIdentity | undefined {
	let text: string;
	try {
		text = readFileSync(path, "utf8");
	} catch {
		return undefined;
	}
	try {
		return JSON.parse(text);
	} catch {
		throw new Refusal("BAD_IDENTITY", `${path} is not readable: remove its folder to begin anew`);
	}
}
