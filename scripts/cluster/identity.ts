/** Which cluster the flash images in a folder belong to. */
import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Refusal } from "./refusal";

export interface ClusterIdentity {
	/** 64 random bits, as two unsigned 32-bit numbers. */
	readonly clusterHigh: number;
	readonly clusterLow: number;
	/** Ids of the members, from the first configuration. */
	readonly members: readonly number[];
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
	writeFileSync(`${path}.new`, `${JSON.stringify(identity)}\n`);
	renameSync(`${path}.new`, path);
	return identity;
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
