/**
 * Datagrams that nobody sent: well formed, with the right tag, and with a number that no member has reached. Every
 * one of them must be dropped, whatever the node that it reaches is just doing (core/raft/claims.ts).
 */
import { DATAGRAM_BYTES, limitsFingerprint } from "../../core/limits";
import {
	APPEND_ACCEPTED,
	APPEND_REQUEST,
	APPEND_RESPONSE,
	COLUMNS_MAX,
	PRE_VOTE_REQUEST,
	PRE_VOTE_RESPONSE,
	QUIET_REQUEST,
	READ_INDEX_RESPONSE,
	SNAPSHOT_REQUEST,
	SNAPSHOT_RESPONSE,
	TIMEOUT_NOW,
	TRANSFER_VOTE_REQUEST,
	VOTE_REQUEST,
	VOTE_RESPONSE,
} from "../../core/raft/messages";
import { Codec } from "../../core/wire/codec";
import { Frame } from "../../core/wire/frame";
import type { SimulatedNode } from "../node";
import type { World } from "../world";
import { BASE_ADDRESS, CLUSTER_HIGH, CLUSTER_LOW, PORT } from "../world";
import type { FaultName } from "./names";

const TERMS: readonly number[] = Object.freeze([0x1000000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff]);
const INDEXES: readonly number[] = Object.freeze([0x10000000000, 0x800000000000, 0xfffffffffffe, 0xffffffffffff]);
/** No two of them follow each other closely: that would be a leader's. */
const ROUNDS: readonly number[] = Object.freeze([0x80000000, 0xffffffff]);
/** Where such datagrams come from: nobody lives there. */
const NOWHERE = BASE_ADDRESS + 250;
/** Bytes of what stands in for entries, or for a chunk, at most. */
const BYTES_MAX = 40;

export class Forger {
	/** Datagrams that were made up. */
	forged = 0;
	private readonly world: World;
	private readonly codec = new Codec();
	private readonly fields = new Float64Array(COLUMNS_MAX);
	private readonly row = new DataView(this.fields.buffer);

	constructor(world: World) {
		this.world = world;
	}

	/** @returns false for another fault, when the node hears nobody, and when there is nobody to speak for */
	strike(node: SimulatedNode, fault: FaultName): boolean {
		if (fault !== "forged ends") return false;
		const raft = node.replica?.member?.raft;
		const store = node.replica?.member?.store;
		const { random } = this.world;
		if (raft === undefined || store === undefined) return false;
		const { ids, incarnations } = raft.places;
		const place = random.below(raft.places.count);
		if (place === raft.self || ids[place] === 0) return false;
		const kind = this.fill(raft.term, raft.log.lastIndex, raft.log.lastTerm);
		const bytes = new Uint8Array(DATAGRAM_BYTES);
		const hasBytes = kind === APPEND_REQUEST || kind === SNAPSHOT_REQUEST;
		const length = hasBytes ? random.below(BYTES_MAX) : 0;
		const at = this.codec.encode(bytes, kind, this.row, 0, length);
		for (let i = 0; i < length; i++) bytes[at + i] = random.below(256);
		const frame = new Frame(CLUSTER_HIGH, CLUSTER_LOW, ids[place], incarnations[place], 0);
		frame.setShared(limitsFingerprint(raft.limits), store.first);
		frame.beginTo(bytes, node.id, node.incarnation);
		const end = frame.seal(bytes, at + length, frame.memberSeed);
		node.network.arrive({ fromAddress: NOWHERE, fromPort: PORT, bytes: bytes.slice(0, end) });
		this.world.wake(node, 0);
		this.forged++;
		return true;
	}

	private any(numbers: readonly number[]): number {
		return numbers[this.world.random.below(numbers.length)];
	}

	/** Makes the row of a message up. @returns its kind */
	private fill(term: number, index: number, lastTerm: number): number {
		const { fields } = this;
		const { random } = this.world;
		const own = Math.max(term, 1);
		if (random.chance(500)) {
			// Of a far term, whatever else it says.
			const kinds = [
				...[VOTE_REQUEST, VOTE_RESPONSE, APPEND_REQUEST, APPEND_RESPONSE, PRE_VOTE_REQUEST, PRE_VOTE_RESPONSE],
				...[SNAPSHOT_REQUEST, SNAPSHOT_RESPONSE, TIMEOUT_NOW, TRANSFER_VOTE_REQUEST, QUIET_REQUEST],
			];
			const kind = this.any(kinds);
			fields.set([kind, this.any(TERMS), 1, 0, 1, 1, 1, 0]);
			return kind;
		}
		const far = this.any(INDEXES);
		const round = this.any(ROUNDS);
		const rows = [
			[APPEND_REQUEST, own, far, own, far, 1, 0, 0],
			[APPEND_REQUEST, own, index, lastTerm, 0, round, 0, 0],
			[APPEND_RESPONSE, own, 1, APPEND_ACCEPTED, far, 0, 0, 0],
			[APPEND_RESPONSE, own, round, APPEND_ACCEPTED, 0, 0, 0, 0],
			[SNAPSHOT_REQUEST, own, 1, far, own, 0xffffffff, 7, 0],
			[SNAPSHOT_REQUEST, own, 1, index + 5, own, 0, 7, 0],
			[SNAPSHOT_REQUEST, own, 1, index + 5, 0xffffffff, 100, 7, 0],
			[VOTE_REQUEST, own, far, own, 0, 0, 0, 0],
			[VOTE_REQUEST, own + 1, index, 0xffffffff, 0, 0, 0, 0],
			[TIMEOUT_NOW, own, round, 0, 0, 0, 0, 0],
			[QUIET_REQUEST, own, index, round, 0, 0, 0, 0],
			[READ_INDEX_RESPONSE, own, far, far, 0, 0, 0, 0],
		];
		const row = rows[random.below(rows.length)];
		fields.set(row);
		return row[0];
	}
}
