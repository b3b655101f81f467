/**
 * Turns what consensus wants to send into datagrams: one row of integers, one range of bytes, one
 * frame. The bytes come from the RAM log, or from flash for what is older.
 */
import { copy, NO_ROOM } from "../bytes";
import { ENTRY_HEADER_BYTES, entryLength } from "../entry";
import type { Journal } from "../journal/journal";
import { APPEND_OVERHEAD_BYTES, DATAGRAM_BYTES } from "../limits";
import type { Network } from "../ports";
import { APPEND_REQUEST, COLUMNS_MAX, SNAPSHOT_OFFSET, SNAPSHOT_REQUEST } from "../raft/messages";
import { NO_SEND } from "../raft/outbox";
import type { Raft } from "../raft/raft";
import { WITNESS } from "../raft/witness";
import { HEADER_BYTES_MAX } from "../store/snapshot";
import type { Codec } from "../wire/codec";
import type { Frame } from "../wire/frame";
import type { Addresses } from "./addresses";
import { Withheld } from "./withheld";

/** Where entries from flash are put while the length of the head before them is not known. */
const STAGING_OFFSET = APPEND_OVERHEAD_BYTES - 16;
/** The end of the room for them. */
const STAGING_LIMIT = DATAGRAM_BYTES - (APPEND_OVERHEAD_BYTES - STAGING_OFFSET);
/** Where what a witness is sent of a snapshot is put together: behind a chunk of it, for none is longer than that. */
const WITHHELD_OFFSET = DATAGRAM_BYTES - HEADER_BYTES_MAX;

export class Sender {
	/** Messages to members since boot, and their bytes of UDP payload. */
	messages = 0;
	messageBytes = 0;
	readonly withheld: Withheld;
	private readonly addresses: Addresses;
	private readonly raft: Raft;
	private readonly journal: Journal;
	private readonly network: Network;
	private readonly frame: Frame;
	private readonly codec: Codec;
	private readonly buffer: Uint8Array;

	/** @param buffer of DATAGRAM_BYTES, shared with whoever else sends */
	constructor(
		raft: Raft,
		journal: Journal,
		network: Network,
		frame: Frame,
		codec: Codec,
		buffer: Uint8Array,
		addresses: Addresses,
	) {
		this.raft = raft;
		this.journal = journal;
		this.network = network;
		this.frame = frame;
		this.codec = codec;
		this.buffer = buffer;
		this.withheld = new Withheld(journal);
		this.addresses = addresses;
	}

	/**
	 * Sends what need not wait. Peers that are as far as one another are sent the same entries: the
	 * body is then made for the first of them alone, and stays in the buffer for the others.
	 */
	send(): void {
		const { addresses, buffer, network, raft } = this;
		const { hasWitnesses, outbox, persistence, progress } = raft;
		let append = NO_SEND;
		let end = 0;
		while (outbox.count > 0) {
			const slot = outbox.take(persistence.durableSequence);
			if (slot === NO_SEND) return;
			const kind = outbox.kind[slot];
			if (kind === APPEND_REQUEST) {
				const isSame =
					append !== NO_SEND &&
					(!hasWitnesses || this.areOfOneKind(append, slot)) &&
					outbox.isSameAppend(append, slot) &&
					(!progress.hasPaths || this.areOfOneSize(append, slot));
				if (!isSame) end = this.writeAppend(slot);
				append = slot;
			} else {
				append = NO_SEND;
				if (kind === SNAPSHOT_REQUEST) end = this.writeChunk(slot);
				else end = this.codec.encode(buffer, kind, outbox.row, slot * COLUMNS_MAX, 0);
			}
			if (end === NO_ROOM) continue;
			const place = outbox.receiver[slot];
			const length = this.frame.wrap(buffer, place, end);
			this.messages++;
			this.messageBytes += length;
			network.send(addresses.addresses[place], addresses.ports[place], buffer, length);
		}
	}

	/** A witness is not sent what others are. */
	private areOfOneKind(one: number, other: number): boolean {
		const { outbox, peer } = this.raft;
		return peer[outbox.receiver[one]] === peer[outbox.receiver[other]];
	}

	/** Of entries that are read from flash, a peer is sent no more than its path bears. */
	private areOfOneSize(one: number, other: number): boolean {
		const { outbox, progress } = this.raft;
		return progress.paths.bytes[outbox.receiver[one]] === progress.paths.bytes[outbox.receiver[other]];
	}

	private writeAppend(slot: number): number {
		const { raft } = this;
		const outbox = raft.outbox;
		const first = outbox.firstIndex[slot];
		const last = outbox.lastIndex[slot];
		const log = raft.log;
		if (raft.hasWitnesses && first <= last && raft.peer[outbox.receiver[slot]] === WITNESS)
			return this.writeWithheld(slot, first, last);
		if (first <= last && first < log.firstCached) return this.writeStored(slot, first, last);
		const length = first > last ? 0 : log.rangeBytes(first, last);
		const at = this.codec.encode(this.buffer, APPEND_REQUEST, outbox.row, slot * COLUMNS_MAX, length);
		if (at === NO_ROOM || length === 0) return at;
		return at + log.copyRange(first, last, this.buffer, at);
	}

	/** To a witness: entries that are in RAM or not, with no payload of a command. */
	private writeWithheld(slot: number, first: number, last: number): number {
		const { buffer } = this;
		const { log, outbox } = this.raft;
		let read = 0;
		if (first < log.firstCached) read = this.readStored(slot, first, last);
		else read = log.copyRange(first, last, buffer, STAGING_OFFSET);
		const length = this.withheld.withholdEntries(buffer, STAGING_OFFSET, STAGING_OFFSET + read, last - first + 1);
		const at = this.codec.encode(buffer, APPEND_REQUEST, outbox.row, slot * COLUMNS_MAX, length);
		copy(buffer, at, buffer, STAGING_OFFSET, length);
		return at + length;
	}

	/**
	 * Reads entries that are no longer in RAM to where they are staged.
	 * @returns bytes of as many whole ones as a datagram to the receiver holds, and of one at least
	 */
	private readStored(slot: number, first: number, last: number): number {
		const { buffer } = this;
		const { outbox, progress } = this.raft;
		const read = this.journal.read(first, buffer, STAGING_OFFSET, STAGING_LIMIT);
		const limit = progress.paths.bytes[outbox.receiver[slot]];
		let length = 0;
		for (let index = first; index <= last && length < read; index++) {
			const end = length + ENTRY_HEADER_BYTES + entryLength(buffer, STAGING_OFFSET + length);
			if (end > limit && length > 0) break;
			length = end;
		}
		return length;
	}

	private writeStored(slot: number, first: number, last: number): number {
		const buffer = this.buffer;
		const length = this.readStored(slot, first, last);
		const outbox = this.raft.outbox;
		const at = this.codec.encode(buffer, APPEND_REQUEST, outbox.row, slot * COLUMNS_MAX, length);
		copy(buffer, at, buffer, STAGING_OFFSET, length);
		return at + length;
	}

	private writeChunk(slot: number): number {
		const outbox = this.raft.outbox;
		const length = outbox.chunkLength[slot];
		const row = slot * COLUMNS_MAX;
		const at = this.codec.encode(this.buffer, SNAPSHOT_REQUEST, outbox.row, row, length);
		if (at === NO_ROOM) return NO_ROOM;
		if (this.raft.peer[outbox.receiver[slot]] === WITNESS) {
			this.withheld.readSnapshot(this.buffer, WITHHELD_OFFSET);
			copy(this.buffer, at, this.buffer, WITHHELD_OFFSET + outbox.fields[row + SNAPSHOT_OFFSET], length);
			return at + length;
		}
		const read = this.journal.readSnapshot(outbox.fields[row + SNAPSHOT_OFFSET], this.buffer, at, length);
		return read === length ? at + length : NO_ROOM;
	}
}
