/**
 * What a driver does with a datagram before the node is woken: it drops what the node would drop, the
 * cheapest check first, and lets few strangers through. On boards platform/native/gate.h does the same.
 *
 *   head        version, key and cluster are those of this node
 *   tag         the CRC-32C over all bytes, by the seed of clients and of HELLO, or by that of members
 *   stranger    neither from a client nor from a member to this node: STRANGERS_BURST at once, and
 *               one more each STRANGER_MS
 *
 * A node needs few frames of strangers: of a newcomer, of a node that is no longer a member, or of one
 * that takes it for another. They wait in a queue of their own, behind members and clients.
 */
import { CRC32C_RESIDUE, compare, crc32c } from "../../core/bytes";
import { DATAGRAM_BYTES } from "../../core/limits";
import { DROP_CLUSTER, DROP_KEY, DROP_LONG, DROP_SHORT, DROP_TAG, DROP_VERSION } from "../../core/wire/drops";
import { BODY_OFFSET, CLIENT_ID, FRAME_BYTES, FRAME_VERSION, HELLO_FLAG, KNOWN_FLAGS } from "../../core/wire/frame";

/** From a client or a member, to this node. */
export const KNOWN = 0;
/** Well sealed, and anything else. */
export const STRANGER = 1;
/** The same, when too many have come. */
export const CROWD = 2;

export const STRANGERS_BURST = 8;
export const STRANGER_MS = 20;

/** Bytes of a head up to the receiver's incarnation, which a client may not know. */
const CLIENT_HEAD_BYTES = 8;

export class Gate {
	private heads = new Uint8Array(0);
	private seed = 0;
	private memberSeed = 0;
	private strangers = 0;
	private strangersMs = 0;

	/** As `Network.hear`. Until it is called, all datagrams pass. */
	hear(heads: Uint8Array, seed: number, memberSeed: number): void {
		this.heads = heads.slice();
		this.seed = seed;
		this.memberSeed = memberSeed;
	}

	/**
	 * @param milliseconds of any clock that never goes back
	 * @returns KNOWN, STRANGER, CROWD, or a reason to drop it
	 */
	judge(bytes: Uint8Array, milliseconds: number): number {
		const { heads } = this;
		if (heads.length === 0) return KNOWN;
		if (bytes.length <= FRAME_BYTES) return DROP_SHORT;
		if (bytes.length > DATAGRAM_BYTES) return DROP_LONG;
		if (bytes[0] >>> 4 !== FRAME_VERSION || (bytes[0] & 15) > KNOWN_FLAGS) return DROP_VERSION;
		if (bytes[4] === CLIENT_ID && (bytes[0] & HELLO_FLAG) !== 0) return DROP_VERSION;
		if ((bytes[0] & ~HELLO_FLAG) !== heads[0] || bytes[1] !== heads[1]) return DROP_KEY;
		if (bytes[2] !== heads[2] || bytes[3] !== heads[3]) return DROP_CLUSTER;
		const isOfCluster = bytes[4] === CLIENT_ID || (bytes[0] & HELLO_FLAG) !== 0;
		const seed = isOfCluster ? this.seed : this.memberSeed;
		if (crc32c(seed, bytes, 0, bytes.length) !== CRC32C_RESIDUE) return DROP_TAG;
		return this.isKnown(bytes) ? KNOWN : this.admit(milliseconds);
	}

	private isKnown(bytes: Uint8Array): boolean {
		const { heads } = this;
		for (let at = 0; at < heads.length; at += BODY_OFFSET)
			if (compare(bytes, 1, BODY_OFFSET - 1, heads, at + 1, BODY_OFFSET - 1) === 0) return true;
		const isOfClient = compare(bytes, 1, CLIENT_HEAD_BYTES - 1, heads, 1, CLIENT_HEAD_BYTES - 1) === 0;
		return isOfClient && bytes[CLIENT_HEAD_BYTES] === 0 && bytes[CLIENT_HEAD_BYTES + 1] === 0;
	}

	private admit(milliseconds: number): number {
		const more = Math.floor((milliseconds - this.strangersMs) / STRANGER_MS);
		if (more > STRANGERS_BURST - this.strangers) {
			this.strangers = STRANGERS_BURST;
			this.strangersMs = milliseconds;
		} else {
			this.strangers += more;
			this.strangersMs += more * STRANGER_MS;
		}
		if (this.strangers === 0) return CROWD;
		this.strangers--;
		return STRANGER;
	}
}
