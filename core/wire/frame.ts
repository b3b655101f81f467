/**
 * The frame around every datagram: who speaks to whom, in which life, in which cluster, and a tag
 * over all of it. Numbers of more than a byte are big-endian.
 *
 *   0            version (upper 4 bits, 1) and flags
 *   1            key id, 0 when there is no key
 *   2-3          the lower 16 bits of the cluster id
 *   4  5-6       sender: node id (0 for a client), incarnation
 *   7  8-9       receiver: node id (0 for a client), incarnation (0 when a client does not know it)
 *   10 …         body: one deterministic CBOR array, see messages.cddl
 *   last 4       CRC-32C of all before it, seeded with the CRC of the cluster id's 8 bytes (high
 *                word first); between nodes, also of the fingerprints of the limits and of the first
 *                members, 4 bytes each; least significant byte first, as RFC 3720 sends it
 *
 * Flag bit 1 says that the body is a HELLO, whose tag has the seed of the cluster id alone: nodes that
 * differ in what all members must share still tell each other so, and hear nothing else of each other.
 *
 * Flag bit 0 is reserved for the secured form: session (u16) and sequence (u32) stand before the
 * body, and a MAC of 8 bytes in place of the CRC. This version has no keys, and drops such frames.
 *
 * A frame's first ten bytes are the same for every datagram from one member to another, so they
 * are made once and then copied and compared: on an interpreter, one native call for all fields.
 */
import { appendCrc32c, CRC32C_RESIDUE, compare, copy, crc32c } from "../bytes";
import { NOBODY } from "../configuration";
import { DATAGRAM_BYTES } from "../limits";
import {
	ACCEPTED,
	DROP_CLUSTER,
	DROP_COUNTERS,
	DROP_KEY,
	DROP_LONG,
	DROP_RECEIVER,
	DROP_SENDER,
	DROP_SHORT,
	DROP_TAG,
	DROP_VERSION,
} from "./drops";

export const FRAME_VERSION = 1;
/** Where the body begins: the bytes of the header. */
export const BODY_OFFSET = 10;
/** Bytes of the tag of a frame without a key. */
export const TAG_BYTES = 4;
/** Bytes that an unsecured frame adds to its body. */
export const FRAME_BYTES = BODY_OFFSET + TAG_BYTES;
/** The offset that a body must not pass. */
export const BODY_LIMIT = DATAGRAM_BYTES - TAG_BYTES;

/** The id of a client, as sender or receiver; no node has it. */
export const CLIENT_ID = 0;

const VERSION_BYTE = FRAME_VERSION * 16;
/** In the first byte: the body is a HELLO, whose tag depends on the cluster id alone. */
export const HELLO_FLAG = 2;
export const KNOWN_FLAGS = 3;
/** The place of a node of the cluster that stands at none; NOBODY is a client's. */
export const STRANGER = -2;
/** In the place of a sender's place: the frame carries a HELLO, and `helloPlace` says whose. */
export const HELLO_PLACE = -3;

/** Who may be heard: ids and incarnations by place; an id of 0 is a free place. */
export interface Members {
	readonly count: number;
	readonly ids: Uint8Array;
	readonly incarnations: Uint16Array;
}

/** In the tables of headers the client stands first; the member at `place` follows at `place + 1`. */
const CLIENT_SLOT = 0;

function writeHeader(
	target: Uint8Array,
	offset: number,
	clusterShort: number,
	sender: number,
	senderIncarnation: number,
	receiver: number,
	receiverIncarnation: number,
): void {
	target[offset] = VERSION_BYTE;
	target[offset + 1] = 0;
	target[offset + 2] = clusterShort >>> 8;
	target[offset + 3] = clusterShort & 0xff;
	target[offset + 4] = sender;
	target[offset + 5] = senderIncarnation >>> 8;
	target[offset + 6] = senderIncarnation & 0xff;
	target[offset + 7] = receiver;
	target[offset + 8] = receiverIncarnation >>> 8;
	target[offset + 9] = receiverIncarnation & 0xff;
}

/** True for a frame of a node that says that it carries a HELLO. */
function isOfHello(bytes: Uint8Array): boolean {
	return (bytes[0] & HELLO_FLAG) !== 0;
}

/** The CRC of the cluster id: what tags are seeded with, or begin with. */
function clusterSeed(clusterHigh: number, clusterLow: number): number {
	const id = new DataView(new ArrayBuffer(8));
	id.setUint32(0, clusterHigh);
	id.setUint32(4, clusterLow);
	return crc32c(0, new Uint8Array(id.buffer), 0, 8);
}

/** One end of the wire: writes the frames of one node or client, and checks those that reach it. */
export class Frame {
	/** Datagrams dropped since boot, by `-reason`. */
	readonly drops = new Float64Array(DROP_COUNTERS);
	/**
	 * What `check` found last: the sender's id, its place, NOBODY for a client or STRANGER, and the offset
	 * after the body. A stranger's incarnation is there too: it may be one that this node has yet to hear of.
	 */
	sender = CLIENT_ID;
	senderIncarnation = 0;
	place = NOBODY;
	bodyEnd = 0;

	readonly id: number;
	readonly incarnation: number;
	private readonly clusterShort: number;
	/** Of the tags of clients and of HELLO, from the cluster id; and of all others between nodes, from what they share. */
	readonly seed: number;
	memberSeed: number;
	/** The place of who sent a HELLO, NOBODY for a stranger. */
	helloPlace = NOBODY;
	/** By node id: the slot of a member in the latest of its lives, or 0. */
	private readonly slots = new Uint8Array(256);
	/** The heads that are expected, for `Network.hear` too: the client's, then those of the members by place. */
	readonly incoming: Uint8Array;
	private readonly outgoing: Uint8Array;
	private readonly hearsEveryNode: boolean;
	private readonly isClusterless: boolean;

	/**
	 * @param clusterHigh and clusterLow the cluster id, as two u32; both 0 while a node is unformatted
	 * @param id of this node, CLIENT_ID for a client or an unformatted node
	 * @param places for so many other nodes; 0 makes a client's end, which hears every node. Others hear
	 * clients, and nodes: those that `setMembers` told them by their places, others as strangers.
	 */
	constructor(clusterHigh: number, clusterLow: number, id: number, incarnation: number, places: number) {
		this.id = id;
		this.incarnation = incarnation;
		this.clusterShort = clusterLow & 0xffff;
		this.seed = clusterSeed(clusterHigh, clusterLow);
		this.memberSeed = this.seed;
		this.hearsEveryNode = places === 0;
		this.isClusterless = clusterHigh === 0 && clusterLow === 0;
		this.incoming = new Uint8Array((1 + places) * BODY_OFFSET);
		this.outgoing = new Uint8Array((1 + places) * BODY_OFFSET);
		this.setPeer(CLIENT_SLOT, CLIENT_ID, 0);
		// All zero is no version: at a client's end no frame takes the short way through `check`.
		if (this.hearsEveryNode) this.incoming.fill(0);
	}

	/**
	 * Says what all members share. Nodes that differ in it do not hear one another, but for HELLO, which tells why.
	 * @param limits fingerprint of the limits that decide what a command comes to
	 * @param first fingerprint of the configuration that the cluster began with
	 */
	setShared(limits: number, first: number): void {
		const shared = new DataView(new ArrayBuffer(8));
		shared.setUint32(0, limits);
		shared.setUint32(4, first);
		this.memberSeed = crc32c(this.seed, new Uint8Array(shared.buffer), 0, 8);
	}

	private setPeer(slot: number, id: number, incarnation: number): void {
		const offset = slot * BODY_OFFSET;
		writeHeader(this.incoming, offset, this.clusterShort, id, incarnation, this.id, this.incarnation);
		writeHeader(this.outgoing, offset, this.clusterShort, this.id, this.incarnation, id, incarnation);
	}

	/** Takes over whom to hear. To be called whenever somebody stands at another place. */
	setMembers(members: Members): void {
		const { ids, incarnations } = members;
		this.slots.fill(0);
		this.incoming.fill(0, BODY_OFFSET);
		for (let place = 0; place < members.count; place++) {
			const id = ids[place];
			// A node does not send to itself: a frame that says so is an echo or a clone.
			if (id === CLIENT_ID || (id === this.id && incarnations[place] === this.incarnation)) continue;
			const known = this.slots[id];
			if (known === 0 || incarnations[known - 1] < incarnations[place]) this.slots[id] = place + 1;
			this.setPeer(place + 1, id, incarnations[place]);
		}
	}

	/** Begins a datagram to the member at `place`, or to a client with NOBODY; the body follows at BODY_OFFSET. */
	begin(target: Uint8Array, place: number): void {
		copy(target, 0, this.outgoing, (place + 1) * BODY_OFFSET, BODY_OFFSET);
	}

	/** Begins and ends a datagram to a member whose body is there, up to `end`, in one call. @returns its bytes */
	wrap(target: Uint8Array, place: number, end: number): number {
		copy(target, 0, this.outgoing, (place + 1) * BODY_OFFSET, BODY_OFFSET);
		appendCrc32c(this.memberSeed, target, 0, end);
		return end + TAG_BYTES;
	}

	/** Begins a HELLO to the node at `place`, or to the stranger whose HELLO came last with NOBODY; `seal` ends it. */
	beginHello(target: Uint8Array, place: number): void {
		if (place === NOBODY) this.beginTo(target, this.sender, this.senderIncarnation);
		else this.begin(target, place);
		target[0] += HELLO_FLAG;
	}

	/** Begins a client's datagram to a node. @param incarnation 0 when it is not known */
	beginTo(target: Uint8Array, id: number, incarnation: number): void {
		writeHeader(target, 0, this.clusterShort, this.id, this.incarnation, id, incarnation);
	}

	/**
	 * Ends a datagram of a client, or a HELLO, with its tag.
	 * @param end the offset after the body, at most BODY_LIMIT
	 * @param seed that of members for other frames of nodes
	 * @returns the bytes of the datagram
	 */
	seal(target: Uint8Array, end: number, seed: number = this.seed): number {
		appendCrc32c(seed, target, 0, end);
		return end + TAG_BYTES;
	}

	/**
	 * Checks `bytes[0, length)` and says in `sender`, `place` and `bodyEnd` what it found; they mean
	 * nothing after a drop.
	 * @returns ACCEPTED, or the reason of the drop, which is then counted
	 */
	check(bytes: Uint8Array, length: number): number {
		if (length <= FRAME_BYTES) return this.drop(DROP_SHORT);
		if (length > DATAGRAM_BYTES) return this.drop(DROP_LONG);
		const sender = bytes[4];
		const slot = this.slots[sender];
		if (compare(bytes, 0, BODY_OFFSET, this.incoming, slot * BODY_OFFSET, BODY_OFFSET) !== 0)
			return this.checkOther(bytes, length);
		const seed = slot === CLIENT_SLOT ? this.seed : this.memberSeed;
		// A CRC over bytes and their CRC is a constant: no need to take the tag apart.
		if (crc32c(seed, bytes, 0, length) !== CRC32C_RESIDUE) return this.drop(DROP_TAG);
		this.sender = sender;
		this.place = slot - 1;
		this.bodyEnd = length - TAG_BYTES;
		return ACCEPTED;
	}

	/** A frame whose head is not the usual one: of a HELLO, a stranger, a client that knows no incarnation, or none. */
	private checkOther(bytes: Uint8Array, length: number): number {
		const reason = this.checkFields(bytes);
		if (reason !== ACCEPTED) return this.drop(reason);
		const slot = this.slotOf(bytes);
		const isHello = isOfHello(bytes);
		const seed = isHello || bytes[4] === CLIENT_ID ? this.seed : this.memberSeed;
		if (crc32c(seed, bytes, 0, length) !== CRC32C_RESIDUE) return this.drop(DROP_TAG);
		this.sender = bytes[4];
		this.place = isHello ? HELLO_PLACE : slot - 1;
		this.helloPlace = slot > CLIENT_SLOT ? slot - 1 : NOBODY;
		this.bodyEnd = length - TAG_BYTES;
		return ACCEPTED;
	}

	/** True if the tag of `bytes[0, length)` says that a node of this cluster made it. */
	isTagged(bytes: Uint8Array, length: number): boolean {
		const seed = isOfHello(bytes) ? this.seed : this.memberSeed;
		return crc32c(seed, bytes, 0, length) === CRC32C_RESIDUE;
	}

	/** The header field by field, when it is not one of those that are expected. */
	private checkFields(bytes: Uint8Array): number {
		if (bytes[0] >>> 4 !== FRAME_VERSION || (bytes[0] & 15) > KNOWN_FLAGS) return DROP_VERSION;
		// Clients take no part in it.
		const isForClient = bytes[4] === CLIENT_ID || this.hearsEveryNode;
		if (isForClient && (bytes[0] & HELLO_FLAG) !== 0) return DROP_VERSION;
		if ((bytes[0] & ~HELLO_FLAG) !== VERSION_BYTE || bytes[1] !== 0) return DROP_KEY;
		if (bytes[2] * 256 + bytes[3] !== this.clusterShort) return DROP_CLUSTER;
		const senderIncarnation = bytes[5] * 256 + bytes[6];
		const receiverIncarnation = bytes[8] * 256 + bytes[9];
		const fromClient = bytes[4] === CLIENT_ID;
		if (bytes[7] !== this.id) return DROP_RECEIVER;
		if (receiverIncarnation !== this.incarnation && !(fromClient && receiverIncarnation === 0)) return DROP_RECEIVER;
		// A node without identity answers as sender 0 in cluster 0, and only who speaks to such hears it.
		if (fromClient && this.hearsEveryNode) return this.isClusterless ? ACCEPTED : DROP_SENDER;
		if (fromClient) return senderIncarnation !== 0 ? DROP_SENDER : ACCEPTED;
		if (this.hearsEveryNode) return ACCEPTED;
		// The latest configuration may not have come here yet, but a life that has ended is known to have.
		const known = this.slots[bytes[4]] * BODY_OFFSET;
		const isOver = known > 0 && senderIncarnation < this.incoming[known + 5] * 256 + this.incoming[known + 6];
		const isOurs = bytes[4] === this.id && senderIncarnation === this.incarnation;
		const isStranger = senderIncarnation > 0 && !isOver && !isOurs;
		return isStranger || this.slotOf(bytes) > 0 ? ACCEPTED : DROP_SENDER;
	}

	/** @returns the slot of whoever has just this header, when the short way did not find it; else that of a stranger or client */
	private slotOf(bytes: Uint8Array): number {
		this.senderIncarnation = bytes[5] * 256 + bytes[6];
		if (bytes[4] === CLIENT_ID || this.hearsEveryNode) return CLIENT_SLOT;
		for (let at = BODY_OFFSET; at < this.incoming.length; at += BODY_OFFSET) {
			// The first byte was checked, and differs in a HELLO.
			if (compare(bytes, 1, BODY_OFFSET - 1, this.incoming, at + 1, BODY_OFFSET - 1) === 0) return at / BODY_OFFSET;
		}
		return STRANGER + 1;
	}

	/** Counts a drop that this or a later check decided on. @returns the reason */
	drop(reason: number): number {
		this.drops[-reason]++;
		return reason;
	}
}
