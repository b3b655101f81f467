/**
 * Snapshots of this node: taken so that the log can be freed, and installed from a leader when this
 * node is behind its log. Both go through a slot of the journal, a slice at a time, and the store
 * is touched only by a snapshot that was read back from flash and verified.
 */
import { assert } from "../assert";
import { copy, crc32c } from "../bytes";
import { Configuration, NOBODY } from "../configuration";
import { ENTRY_HEADER_BYTES } from "../entry";
import type { Journal } from "../journal/journal";
import type { Limits } from "../limits";
import { speaks } from "../raft/levels";
import type { Message } from "../raft/messages";
import { STORAGE_RESERVE_BYTES } from "../raft/raft";
import { ignore } from "../raft/receive";
import { isReceivingSnapshot, isSendingSnapshot } from "../raft/snapshot";
import {
	CONFIGURATION_BYTES_MAX,
	isStateWithheld,
	SNAPSHOT_INVALID,
	SnapshotReader,
	SnapshotWriter,
	snapshotItemBytes,
} from "../store/snapshot";
import type { Store } from "../store/store";
import { ConfigurationCodec } from "../wire/configuration";
import type { Member } from "./member";
import { isOfLaterBuild } from "./spoken";

/** Bytes of a slice at least; it must hold the largest item. */
const SLICE_BYTES_MIN = 1024;

/** Says that no snapshot comes in. */
const NOTHING = -1;

/** Runs of terms in the log that must be left. */
const TERM_RUNS_LEFT = 8;

export class Snapshots {
	/** Since boot. */
	taken = 0;
	installed = 0;
	private readonly member: Member;
	private readonly journal: Journal;
	private readonly limits: Limits;
	/** Bytes of the journal that a proposal of any size wants. */
	private readonly roomWanted: number;
	/** Runs of terms that the log may have. */
	private readonly termRunsMost: number;
	private readonly writer: SnapshotWriter;
	/**
	 * The configuration in force at the applied index, as it is encoded, and how many bytes it is. The
	 * one of the log's end may be uncommitted: a snapshot never holds that (pitfall 48).
	 */
	private readonly configuration = new Uint8Array(CONFIGURATION_BYTES_MAX);
	private configurationLength = 0;
	private readonly codec = new ConfigurationCodec();
	/** A slice that is written, or a window of a snapshot that is read. */
	private readonly slice: Uint8Array;
	/** The part of the slice that the journal has not taken yet. */
	private sliceAt = 0;
	private sliceEnd = 0;
	/** True while this node's own snapshot is being written; the store stands still. */
	writing = false;
	/** True while an own snapshot is due and waits for one that comes in: if that stops coming, time alone ends it. */
	waiting = false;
	private index = 0;
	private term = 0;
	/** The incoming snapshot whose slot was begun, or NOTHING (a blank node takes one in of index 0); its bytes so far, and their CRC-32C. */
	private receivingIndex = NOTHING;
	private receivingTerm = 0;
	private received = 0;
	private incomingCrc = 0;

	/** @param configuration of the snapshot that the node begins with */
	constructor(member: Member, journal: Journal, limits: Limits, configuration: Configuration) {
		this.member = member;
		this.journal = journal;
		this.limits = limits;
		this.roomWanted = STORAGE_RESERVE_BYTES + ENTRY_HEADER_BYTES + limits.commandBytes;
		this.termRunsMost = limits.termRuns - TERM_RUNS_LEFT;
		this.writer = new SnapshotWriter(member.store, journal.isWitness);
		this.slice = new Uint8Array(Math.max(SLICE_BYTES_MIN, snapshotItemBytes(limits)));
		this.encode(configuration);
	}

	/** The entry that is being applied is a configuration. */
	takeConfiguration(bytes: Uint8Array, offset: number, length: number): void {
		assert(length <= CONFIGURATION_BYTES_MAX, "the configuration is larger than a snapshot carries");
		copy(this.configuration, 0, bytes, offset, length);
		this.configurationLength = length;
	}

	private encode(configuration: Configuration): void {
		this.configurationLength = this.codec.write(this.configuration, 0, CONFIGURATION_BYTES_MAX, configuration);
		assert(this.configurationLength > 0, "the configuration does not fit a snapshot");
	}

	/** Begins a snapshot, which is due, or goes on with the one that is being written. */
	step(): void {
		if (!this.writing) return this.begin();
		if (this.sliceAt === this.sliceEnd && !this.writer.done) {
			this.sliceAt = 0;
			this.sliceEnd = this.writer.next(this.slice, 0, this.slice.length);
		}
		this.sliceAt += this.journal.writeSnapshot(this.slice, this.sliceAt, this.sliceEnd - this.sliceAt);
		if (this.sliceAt === this.sliceEnd && this.writer.done) this.finish();
	}

	/**
	 * A snapshot that comes in is not disturbed: it frees the log too, and of two that begin each other
	 * anew neither would end on slow flash. One that is sent to somebody is, but only to free the log.
	 */
	isDue(): boolean {
		const { raft } = this.member;
		// A node that waits to be added has no state that anybody could want.
		if (raft.isBlank) return false;
		const behind = raft.appliedIndex - raft.snapshot.index;
		// A log that refuses proposals is crowded, however few of its sectors are used.
		const crowded = raft.storageBytes < this.roomWanted || this.journal.log.ring.isCrowded;
		// A log full of terms takes no further leader: the snapshot lets the old ones be forgotten.
		let due = crowded || raft.log.terms.count > this.termRunsMost;
		// Nothing was applied since: another one frees what the log keeps for the elder alone. Without
		// it a log that is full of what is not committed could never take what would commit it.
		if (behind === 0) due = crowded && this.journal.elderHoldsLog;
		else if (!due && behind >= this.limits.snapshotEvery) due = !isSendingSnapshot(raft);
		this.waiting = due && isReceivingSnapshot(raft);
		return due && !this.waiting;
	}

	private begin(): void {
		const { applier, raft } = this.member;
		this.index = raft.appliedIndex;
		this.term = raft.log.termAt(this.index);
		applier.paused = true;
		// One slot is free: a snapshot that came in until its sender went silent begins anew when it comes again.
		if (raft.incoming.sender !== NOBODY) {
			// Mark: an own snapshot ends one that stopped coming in
			raft.snapshotRefused();
		}
		this.receivingIndex = NOTHING;
		this.writing = true;
		this.sliceAt = 0;
		this.sliceEnd = 0;
		this.writer.begin(this.term, this.configuration, 0, this.configurationLength);
		this.journal.beginSnapshot(this.index, this.term);
	}

	private finish(): void {
		const { raft } = this.member;
		const size = this.writer.position;
		assert(this.journal.finishSnapshot(size, this.writer.hash), "a snapshot does not read back as it was written");
		this.stop();
		this.taken++;
		raft.snapshotTaken(this.index, this.term, size, this.writer.hash);
		this.nameWithheld();
		raft.compacted(Math.min(this.journal.firstIndex - 1, this.index));
		// It was taken for this: a member behind it is sent the snapshot, whatever the journal still holds.
		if (raft.log.terms.count > this.termRunsMost) raft.compacted(this.index);
	}

	/** The journal has another snapshot: says what a witness is sent of it, put together in the slice, which is free. */
	nameWithheld(): void {
		const { raft, sender } = this.member;
		const size = sender.withheld.readSnapshot(this.slice, 0);
		raft.snapshot.withheldSize = size;
		raft.snapshot.withheldHash = crc32c(0, this.slice, 0, size);
	}

	private stop(): void {
		this.writing = false;
		this.member.applier.paused = false;
	}

	/** Stores the chunk that consensus asks for out of the message just received. */
	takeChunk(message: Message): void {
		const { raft } = this.member;
		const incoming = raft.incoming;
		if (incoming.offset === 0) {
			if (isStateWithheld(message.bytes, incoming.chunkOffset, incoming.chunkLength) !== raft.isWitness) {
				// It is of what the other kind of node keeps.
				ignore(raft, message);
				return raft.snapshotRefused();
			}
			if (incoming.size > this.journal.snapshotCapacity) return raft.snapshotRefused();
			this.beginIncoming(incoming.index, incoming.term);
		}
		const offset = incoming.chunkOffset;
		let length = this.journal.writeSnapshot(message.bytes, offset, incoming.chunkLength);
		// The slot's next sector is erased now, at most one a turn: what does not fit is asked for again.
		if (length < incoming.chunkLength) {
			// Mark: a chunk finds nothing erased
			this.journal.prepare();
			length += this.journal.writeSnapshot(message.bytes, offset + length, incoming.chunkLength - length);
		}
		this.incomingCrc = crc32c(this.incomingCrc, message.bytes, offset, length);
		this.received += length;
		if (incoming.offset + length < incoming.size) return raft.snapshotStored(incoming.offset + length);
		this.install();
	}

	/** Begins a slot, but not anew for a first chunk that found no erased sector and came again. */
	private beginIncoming(index: number, term: number): void {
		if (this.received === 0 && this.receivingIndex === index && this.receivingTerm === term) return;
		if (this.writing) {
			// Mark: a snapshot comes in while an own one is taken
			this.stop();
		}
		this.journal.beginSnapshot(index, term);
		this.receivingIndex = index;
		this.receivingTerm = term;
		this.received = 0;
		this.incomingCrc = 0;
	}

	/**
	 * The incoming snapshot has the bytes that its sender has named. Whether it is one is seen before it takes the
	 * place of anything: what is on the flash by its name must load, now and at every start.
	 */
	private isUnderstood(): boolean {
		const { raft, store } = this.member;
		const { hash, index, size, term } = raft.incoming;
		const { journal, limits, slice } = this;
		const reader = new SnapshotReader(store, limits, journal.isWitness);
		reader.begin(false);
		while (!reader.done) {
			const at = reader.position;
			const length = journal.readBegunSnapshot(at, slice);
			if (reader.take(slice, 0, length, at + length === size) < 1) return false;
		}
		// Of another cluster's beginning, whatever its frames said.
		if (reader.first !== this.member.hello.first) return false;
		if (reader.position !== size || reader.hash !== hash || reader.index !== index || reader.term !== term)
			return false;
		const configuration = new Configuration(limits.members);
		const { configurationLength } = reader;
		if (!this.codec.read(reader.configuration, 0, configurationLength, configuration)) return false;
		const isSpoken = speaks(raft.change.levels.build, configuration.level);
		return isSpoken && configuration.isSound() && configuration.index <= index;
	}

	/** The incoming snapshot is whole. */
	private install(): void {
		const { raft, store, writer } = this.member;
		const incoming = raft.incoming;
		this.receivingIndex = NOTHING;
		if (this.incomingCrc !== incoming.hash) {
			this.journal.abandonSnapshot();
			return raft.snapshotRefused();
		}
		// It is what the leader said that it is, and not for this build: what the node has stays in force.
		const length = this.journal.readBegunSnapshot(0, this.slice);
		const isNewer = isOfLaterBuild(this.slice, 0, length, this.limits, raft.change.levels.build);
		assert(!isNewer, "a snapshot is of a level that this build does not speak");
		if (!this.isUnderstood()) {
			// Mark: a snapshot that its sender vouches for is none
			this.journal.abandonSnapshot();
			return raft.snapshotRefused();
		}
		if (!raft.persistence.isWritten(raft.log)) writer.write();
		assert(
			this.journal.finishSnapshot(incoming.size, incoming.hash),
			"a snapshot does not read back as it was written",
		);
		const configuration = new Configuration(this.limits.members);
		fillStore(this.journal, store, this.limits, configuration);
		this.encode(configuration);
		raft.snapshotInstalled(configuration);
		this.nameWithheld();
		raft.compacted(Math.min(this.journal.firstIndex - 1, incoming.index));
		// Upkeep follows a write, and a log without room takes none: what was freed is told now.
		raft.storageBytes = this.journal.roomBytes;
		this.installed++;
	}
}

/** Loads the journal's newest snapshot: reads all of it to verify it, and only then again to fill the store. */
export function loadSnapshot(journal: Journal, store: Store, limits: Limits, configuration: Configuration): void {
	const window = new Uint8Array(Math.max(SLICE_BYTES_MIN, snapshotItemBytes(limits)));
	const reader = new SnapshotReader(store, limits, journal.isWitness);
	readAll(journal, reader, window, false);
	assert(reader.hash === journal.snapshotHash, "the snapshot's content has another hash than its name");
	assert(reader.index === journal.snapshotIndex, "the snapshot's content is of another index");
	fillStore(journal, store, limits, configuration);
}

/** Fills the store from the journal's newest snapshot, which was verified. One of its own that is not understood stops the node. */
function fillStore(journal: Journal, store: Store, limits: Limits, configuration: Configuration): void {
	const window = new Uint8Array(Math.max(SLICE_BYTES_MIN, snapshotItemBytes(limits)));
	const reader = new SnapshotReader(store, limits, journal.isWitness);
	readAll(journal, reader, window, true);
	const read = new ConfigurationCodec().read(reader.configuration, 0, reader.configurationLength, configuration);
	// A node that was formatted to be added knows nobody but itself.
	const isUnderstood = read && (configuration.isSound() || configuration.isBlank());
	assert(isUnderstood, "the snapshot's configuration is not understood");
	assert(configuration.index <= journal.snapshotIndex, "a snapshot holds a configuration from behind it");
}

function readAll(journal: Journal, reader: SnapshotReader, window: Uint8Array, load: boolean): void {
	reader.begin(load);
	while (reader.position < journal.snapshotSize) {
		const at = reader.position;
		const length = journal.readSnapshot(at, window, 0, Math.min(window.length, journal.snapshotSize - at));
		const taken = reader.take(window, 0, length, at + length === journal.snapshotSize);
		assert(taken !== SNAPSHOT_INVALID && taken > 0, "the snapshot's content is not understood");
	}
	assert(reader.done, "the snapshot ends too early");
}
