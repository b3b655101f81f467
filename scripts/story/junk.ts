/** Datagrams that a member must drop, by the thousand: what a flood is made of. */
import { APPEND_RESPONSE } from "../../core/raft/messages";
import { Frame, HELLO_FLAG } from "../../core/wire/frame";
import { Random } from "../../sim/random";
import type { Recorded } from "./recorded";

/** What the datagrams of a flood are. */
export type FloodKind = "random" | "mutated" | "other-cluster" | "wrong-tag" | "stranger";

export const FLOOD_KINDS: readonly FloodKind[] = Object.freeze([
	"random",
	"mutated",
	"other-cluster",
	"wrong-tag",
	"stranger",
]);

export interface FloodTarget {
	readonly id: number;
	readonly incarnation: number;
}

export interface FloodSource {
	readonly clusterHigh: number;
	readonly clusterLow: number;
	readonly recorded: readonly Recorded[];
	readonly seed: number;
}

const DATAGRAM_BYTES = 1472;
const BODY_OFFSET = 10;
const TAG_BYTES = 4;
/** In every body: an array's head, and then its kind. */
const KIND_OFFSET = BODY_OFFSET + 1;
/** No member has this id. */
const STRANGER_ID = 200;
const MUTATIONS_MAX = 4;

/** @returns `count` datagrams of one kind for one member, the same each time */
export function junkFor(kind: FloodKind, target: FloodTarget, source: FloodSource, count: number): Uint8Array[] {
	const random = new Random(source.seed * 256 + target.id);
	const own = source.recorded.filter(({ receiver }) => receiver === target.id);
	const answers = source.recorded.filter(({ bytes }) => bytes[KIND_OFFSET] === APPEND_RESPONSE);
	return Array.from({ length: count }, () => {
		if (kind === "random") return bytesOf(random, random.between(1, DATAGRAM_BYTES));
		if (kind === "stranger") return strange(random, answers[random.below(answers.length)].bytes, source, target);
		const { bytes } = own[random.below(own.length)];
		if (kind === "mutated") return mutated(random, bytes);
		if (kind === "wrong-tag") return wrongTag(random, bytes);
		return reframed(random, bytes, source.clusterHigh, (source.clusterLow ^ 1) >>> 0);
	});
}

function bytesOf(random: Random, length: number): Uint8Array {
	const bytes = new Uint8Array(length);
	for (let at = 0; at < length; at++) bytes[at] = random.next() & 0xff;
	return bytes;
}

/** Some bytes differ, wherever they are, or the end is missing. */
function mutated(random: Random, bytes: Uint8Array): Uint8Array {
	const copy = random.chance(125) ? bytes.slice(0, random.between(1, bytes.length - 1)) : bytes.slice();
	for (let left = random.between(1, MUTATIONS_MAX); left > 0; left--)
		copy[random.below(copy.length)] ^= random.between(1, 255);
	return copy;
}

/** The head of a member, a body as long as there may be, and a tag that is none. */
function wrongTag(random: Random, bytes: Uint8Array): Uint8Array {
	const copy = bytesOf(random, DATAGRAM_BYTES);
	copy.set(bytes.subarray(0, BODY_OFFSET));
	return copy;
}

/** The same message, sealed for another cluster. */
function reframed(random: Random, bytes: Uint8Array, clusterHigh: number, clusterLow: number): Uint8Array {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const copy = new Uint8Array(DATAGRAM_BYTES);
	copy.set(bytes);
	const frame = new Frame(clusterHigh, clusterLow, bytes[4], view.getUint16(5), 0);
	frame.beginTo(copy, bytes[7], view.getUint16(8));
	const end = Math.min(bytes.length - TAG_BYTES, random.between(BODY_OFFSET + 1, DATAGRAM_BYTES - TAG_BYTES));
	return copy.slice(0, frame.seal(copy, end));
}

/** Well sealed, of a node that is no member, and nothing that such a node may say. */
function strange(random: Random, bytes: Uint8Array, source: FloodSource, target: FloodTarget): Uint8Array {
	const copy = new Uint8Array(DATAGRAM_BYTES);
	copy.set(bytes);
	const frame = new Frame(source.clusterHigh, source.clusterLow, STRANGER_ID, random.between(1, 9), 0);
	frame.beginTo(copy, target.id, target.incarnation);
	// A stranger knows the cluster id, and not what the members share: only a HELLO has such a tag.
	copy[0] += HELLO_FLAG;
	return copy.slice(0, frame.seal(copy, bytes.length - TAG_BYTES));
}
