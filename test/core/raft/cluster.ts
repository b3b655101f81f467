/**
 * A cluster of bare Raft instances for tests: disks are records in memory, the network is a list
 * of rows, time stands still until told. Nothing happens by itself, so that a test decides the order
 * of everything. Nodes are numbered from 0 here; each has places of its own for the others.
 */

import assert from "node:assert/strict";
import {
	Configuration,
	NOBODY,
	ROLE_LEARNER,
	ROLE_VOTER,
	ROLE_WITNESS,
	ROLE_WITNESS_LEARNER,
} from "../../../core/configuration";
import {
	ENTRY_COMMAND,
	ENTRY_CONFIGURATION,
	ENTRY_HEADER_BYTES,
	entryLength,
	entryTerm,
	entryType,
} from "../../../core/entry";
import { APPEND_OVERHEAD_BYTES, DATAGRAM_BYTES, type Limits, PROFILE_S } from "../../../core/limits";
import { changeConfiguration } from "../../../core/raft/change";
import { meet } from "../../../core/raft/membership";
import { APPEND_REQUEST, COLUMNS_MAX, Message, SNAPSHOT_OFFSET, SNAPSHOT_REQUEST } from "../../../core/raft/messages";
import { NO_SEND } from "../../../core/raft/outbox";
import { NO_CALL, Raft } from "../../../core/raft/raft";
import {
	recoverConfiguration,
	recoverEntry,
	recoverHardState,
	recoverLog,
	recoverSnapshot,
} from "../../../core/raft/recovery";
import { WITNESS } from "../../../core/raft/witness";
import { DONE } from "../../../core/reasons";
import { ENCODING } from "./encoding";
import { Invariants } from "./invariants";
import { type Entry, entryText, hashOf, Member, NEW_ENTRY, type StoredWrite } from "./member";
import type { Packet, Watcher } from "./watcher";
import { nameWithheld, stateOf, WITHHELD, withheldEntries, withheldState } from "./withheld";

export class Cluster {
	readonly members: Member[] = [];
	readonly limits: Limits;
	readonly configuration: Configuration;
	readonly network: Packet[] = [];
	readonly seed: number;
	private readonly watcher: Watcher;
	nowMs = 0;
	/** By place: how fast the member's clock runs; 1 where nothing is said. */
	readonly rates: number[] = [];
	readonly invariants: Invariants;
	/** Calls that are not answered yet, and the member that has them. */
	readonly pending = new Map<number, Member>();
	private starts = 0;

	/**
	 * @param numbers of the configuration that are not the usual ones
	 * @param witnesses of the voters, the last ones
	 */
	constructor(
		voters: number,
		learners: number,
		limits: Partial<Limits>,
		seed: number,
		watcher: Watcher,
		numbers: Partial<Configuration> = {},
		witnesses = 0,
	) {
		const count = voters + learners;
		this.limits = { ...PROFILE_S, members: Math.max(PROFILE_S.members, count), ...limits };
		this.seed = seed;
		this.watcher = watcher;
		this.invariants = new Invariants(this);
		this.configuration = Object.assign(new Configuration(this.limits.members), numbers);
		for (let place = 0; place < count; place++) {
			const role = place < voters - witnesses ? ROLE_VOTER : place < voters ? ROLE_WITNESS : ROLE_LEARNER;
			this.configuration.add(place + 1, 1, role, 0, 0);
		}
		assert.ok(this.configuration.isSound());
		for (let place = 0; place < count; place++) this.members.push(new Member(place, place + 1, 1, this.configuration));
		this.invariants.checkSnapshot(this.members[0].snapshot);
		for (const member of this.members) this.start(member);
	}

	/** A node that was formatted to be added is started. */
	join(id: number, incarnation: number, isWitness = false): Member {
		const alone = new Configuration(1);
		alone.add(id, incarnation, isWitness ? ROLE_WITNESS_LEARNER : ROLE_LEARNER, 0, 0);
		const member = new Member(this.members.length, id, incarnation, alone);
		this.members.push(member);
		this.start(member);
		return member;
	}

	/** What the member's clock shows. */
	private timeOf(member: Member): number {
		return Math.floor(this.nowMs * (this.rates[member.place] ?? 1));
	}

	/** Begins from what the disk holds. */
	start(member: Member): void {
		const trace = {
			event: (event: number, a: number, b: number, c: number) => this.watcher.event(member, event, a, b, c),
		};
		this.starts++;
		const { snapshot } = member;
		const configuration = new Configuration(this.limits.members);
		assert.ok(ENCODING.read(snapshot.configuration, 0, snapshot.configuration.length, configuration));
		const seed = this.seed + this.starts;
		const { id, incarnation, isWitness } = member;
		const raft = new Raft(this.limits, configuration, id, incarnation, seed, ENCODING, trace, isWitness);
		member.raft = raft;
		raft.change.levels.build = member.build;
		member.applied = snapshot.configuration;
		recoverSnapshot(raft, snapshot.index, snapshot.term, snapshot.bytes.length, snapshot.hash);
		nameWithheld(member);
		recoverLog(raft, member.baseIndex, member.baseTerm);
		for (const { term, bytes } of member.entries) {
			recoverEntry(raft, term);
			const isBehind = raft.log.lastIndex > snapshot.index && entryType(bytes, 0) === ENTRY_CONFIGURATION;
			if (isBehind) recoverConfiguration(raft, bytes, ENTRY_HEADER_BYTES, entryLength(bytes, 0));
		}
		recoverHardState(raft, member.term, this.placeOf(member, member.votedFor));
		raft.start(this.timeOf(member));
		member.state = stateOf(member);
		member.running = true;
		this.work(member);
	}

	/** @param keepUnderWay a write that was taken but is not done reaches the disk all the same */
	crash(member: Member, keepUnderWay: boolean): void {
		if (member.underWay !== undefined && keepUnderWay) this.store(member, member.underWay);
		member.underWay = undefined;
		member.holdCompletion = false;
		member.holdWrites = false;
		member.running = false;
		member.slot = [];
		for (const [call, owner] of this.pending) if (owner === member) this.pending.delete(call);
	}

	/** The member's clock goes on, and its timers are judged. */
	tick(member: Member): void {
		if (!member.running) return;
		member.raft.tick(this.timeOf(member));
		this.work(member);
	}

	propose(member: Member, call: number, text: string): number {
		const bytes = Buffer.from(text, "latin1");
		const type = text.startsWith("new:") ? NEW_ENTRY : ENTRY_COMMAND;
		const reason = member.raft.propose(type, bytes, 0, bytes.length, call);
		if (reason === DONE) this.pending.set(call, member);
		return reason;
	}

	/** Asks for the configuration that is in force to be changed to this one. */
	change(member: Member, call: number, next: Configuration, expectedIndex: number): number {
		return this.call(member, call, (raft) => changeConfiguration(raft, next, expectedIndex, call));
	}

	read(member: Member, call: number): number {
		return this.call(member, call, (raft) => raft.read(call));
	}

	/** Any call that is answered once it was accepted. @param begin returns the reason */
	call(member: Member, call: number, begin: (raft: Raft, call: number) => number): number {
		member.raft.setTime(this.timeOf(member));
		const reason = begin(member.raft, call);
		if (reason === DONE) this.pending.set(call, member);
		return reason;
	}

	deliver(packet: Packet): void {
		const member = this.members[packet.to];
		if (!member.running) return;
		const from = this.members[packet.from];
		// A test may make up a sender that is nobody.
		const place = from === undefined ? packet.from : meet(member.raft, packet.kind, from.id, from.incarnation);
		if (place === NOBODY) return;
		const message = new Message(member.buffer);
		// Entries stand somewhere in a datagram, behind other things.
		message.offset = 37;
		message.length = packet.bytes.length;
		member.buffer.set(packet.bytes, 37);
		message.kind = packet.kind;
		message.sender = place;
		message.fields.set(packet.fields);
		member.raft.setTime(this.timeOf(member));
		member.raft.receive(message);
		if (member.raft.incoming.chunkPending) this.storeChunk(member, message);
		member.buffer.fill(0xee);
		this.work(member);
	}

	/** Takes all effects of a member until there is none. */
	work(member: Member): void {
		const { raft } = member;
		for (let turn = 0; ; turn++) {
			assert.ok(turn < 1000, "effects never end");
			for (let slot = raft.takeSend(); slot !== NO_SEND; slot = raft.takeSend()) this.send(member, slot);
			let moved = this.write(member);
			while (raft.appliedIndex < raft.applicableIndex()) {
				this.apply(member, raft.appliedIndex + 1);
				moved = true;
			}
			this.invariants.check(member);
			while (raft.takeAnswer()) this.answer(member, raft.answer.call, raft.answer.reason, raft.answer.index);
			if (!moved) return;
		}
	}

	/** The member's snapshot of all it has applied; the log before `keep` entries is given up. */
	takeSnapshot(member: Member, keep: number): void {
		const { raft } = member;
		const index = raft.appliedIndex;
		if (index <= raft.snapshot.index) return;
		const term = raft.log.termAt(index);
		const bytes = member.isWitness
			? withheldState(index, member.applied)
			: new Uint8Array(Buffer.from(JSON.stringify(member.state)));
		member.snapshot = { index, term, hash: hashOf(bytes), bytes, configuration: member.applied };
		this.invariants.checkSnapshot(member.snapshot);
		raft.snapshotTaken(index, term, bytes.length, member.snapshot.hash);
		nameWithheld(member);
		const base = Math.max(raft.log.baseIndex, index - keep);
		const baseTerm = raft.log.termAt(base);
		raft.compacted(base);
		member.entries.splice(0, base - member.baseIndex);
		member.baseIndex = base;
		member.baseTerm = baseTerm;
	}

	private send(member: Member, slot: number): void {
		const { outbox, log } = member.raft;
		const row = slot * COLUMNS_MAX;
		const kind = outbox.kind[slot];
		let bytes = new Uint8Array(0);
		const isWithheld = member.raft.peer[outbox.receiver[slot]] === WITNESS;
		if (kind === APPEND_REQUEST) {
			const limit = member.raft.progress.paths.bytes[outbox.receiver[slot]];
			bytes = this.entriesOf(member, outbox.firstIndex[slot], outbox.lastIndex[slot], limit);
			if (isWithheld) bytes = withheldEntries(bytes);
		}
		if (kind === SNAPSHOT_REQUEST) {
			const offset = outbox.fields[row + SNAPSHOT_OFFSET];
			const { configuration, index } = member.snapshot;
			const all = isWithheld ? withheldState(index, configuration) : member.snapshot.bytes;
			bytes = all.slice(offset, offset + outbox.chunkLength[slot]);
			assert.equal(bytes.length, outbox.chunkLength[slot]);
		}
		assert.ok(log.lastIndex >= log.baseIndex);
		const fields = Array.from(outbox.fields.subarray(row, row + COLUMNS_MAX));
		const to = this.numberOf(member, outbox.receiver[slot]);
		// Nobody lives there.
		if (to === NOBODY) return;
		const packet = { kind, from: member.place, to, fields, bytes };
		this.network.push(packet);
		this.watcher.sent(packet);
	}

	/** The number of the node that stands at a place of another one, or NOBODY. */
	numberOf(member: Member, place: number): number {
		if (place === NOBODY) return NOBODY;
		const { ids, incarnations } = member.raft.places;
		return this.members.findIndex((one) => one.id === ids[place] && one.incarnation === incarnations[place]);
	}

	/** The place of a node at another one; the node itself stands in for one that it has forgotten. */
	private placeOf(member: Member, number: number): number {
		if (number === NOBODY) return NOBODY;
		const { id, incarnation } = this.members[number];
		const place = member.raft.places.find(id, incarnation);
		return place === NOBODY ? member.raft.self : place;
	}

	/** @param limit bytes of entries that are read from the disk, but one entry at least */
	private entriesOf(member: Member, first: number, last: number, limit: number): Uint8Array<ArrayBuffer> {
		const { log } = member.raft;
		const room = DATAGRAM_BYTES - APPEND_OVERHEAD_BYTES;
		const target = new Uint8Array(room);
		if (first > last) return target.slice(0, 0);
		if (first >= log.firstCached) return target.slice(0, log.copyRange(first, last, target, 0));
		let length = 0;
		for (let index = first; index <= last; index++) {
			const entry = member.entries[index - member.baseIndex - 1];
			if (length > 0 && length + entry.bytes.length > limit) break;
			target.set(entry.bytes, length);
			length += entry.bytes.length;
		}
		return target.slice(0, length);
	}

	/** Takes a write, or completes the one under way. @returns true if something became durable */
	private write(member: Member): boolean {
		const { raft } = member;
		if (member.underWay === undefined && !member.holdWrites && raft.takeWrite()) {
			const write = raft.write;
			const entries: Entry[] = [];
			for (let index = write.firstIndex; index <= write.lastIndex; index++) {
				const bytes = new Uint8Array(raft.log.rangeBytes(index, index));
				raft.log.copyRange(index, index, bytes, 0);
				entries.push({ term: entryTerm(bytes, 0), bytes });
			}
			const { sequence, firstIndex, lastIndex, lastTerm } = write;
			const hardState = write.hardState
				? { term: write.term, votedFor: this.numberOf(member, write.votedFor) }
				: undefined;
			member.underWay = { sequence, hardState, firstIndex, entries, lastIndex, lastTerm };
		}
		const write = member.underWay;
		if (write === undefined || member.holdCompletion) return false;
		member.underWay = undefined;
		this.store(member, write);
		raft.persisted(write.sequence, write.lastTerm, write.lastIndex);
		return true;
	}

	private store(member: Member, write: StoredWrite): void {
		if (write.hardState !== undefined) {
			member.term = write.hardState.term;
			member.votedFor = write.hardState.votedFor;
		}
		// Entries replace what is there; what was cut off and not replaced stays, and is found again after a crash.
		if (write.firstIndex <= write.lastIndex) {
			assert.ok(write.firstIndex <= member.baseIndex + member.entries.length + 1, "a gap in the journal");
			member.entries.splice(write.firstIndex - member.baseIndex - 1);
			member.entries.push(...write.entries);
			assert.equal(write.lastIndex, member.baseIndex + member.entries.length);
		}
		assert.ok(member.entries.length === 0 || member.entries[member.entries.length - 1].term <= member.term);
	}

	private apply(member: Member, index: number): void {
		this.invariants.check(member);
		const text = member.entryAt(index);
		const disk = member.entries[index - member.baseIndex - 1];
		assert.equal(entryText(disk.bytes, 0), text, "applied what is not durable");
		member.state.push(text);
		if (entryType(disk.bytes, 0) === ENTRY_CONFIGURATION) member.applied = disk.bytes.slice(ENTRY_HEADER_BYTES);
		const call = member.raft.callAt(index);
		member.raft.applied(index);
		if (call !== NO_CALL) this.answer(member, call, DONE, index);
	}

	private answer(member: Member, call: number, reason: number, index: number): void {
		assert.equal(this.pending.get(call), member, "a call was answered that was not under way");
		this.pending.delete(call);
		this.watcher.answered(member, call, reason, index);
	}

	private storeChunk(member: Member, message: Message): void {
		const { raft } = member;
		const { incoming } = raft;
		if (incoming.offset === 0) member.slot = [];
		assert.equal(member.slot.length, incoming.offset, "a chunk that does not follow");
		for (let i = 0; i < incoming.chunkLength; i++) member.slot.push(message.bytes[incoming.chunkOffset + i]);
		if (member.slot.length < incoming.size) {
			raft.snapshotStored(member.slot.length);
			return;
		}
		const bytes = Uint8Array.from(member.slot);
		if ((bytes[0] === WITHHELD.charCodeAt(0)) !== member.isWitness) {
			// As core/replica/snapshots.ts sees it in the first byte.
			raft.snapshotRefused();
			return;
		}
		assert.equal(hashOf(bytes), incoming.hash, "chunks of two snapshots were mixed");
		// Every write first: the journal and the log must speak of the same entries.
		const held = [member.holdWrites, member.holdCompletion];
		member.holdWrites = false;
		member.holdCompletion = false;
		while (this.write(member));
		[member.holdWrites, member.holdCompletion] = held;
		const { index, term, hash } = incoming;
		if (raft.keepsLogAfter(index, term)) member.entries.splice(0, index - member.baseIndex);
		else member.entries = [];
		member.baseIndex = index;
		member.baseTerm = term;
		const configuration = this.invariants.snapshotConfigurations.get(index);
		assert.ok(configuration !== undefined, "a snapshot that nobody took");
		const read = new Configuration(this.limits.members);
		assert.ok(ENCODING.read(configuration, 0, configuration.length, read));
		member.snapshot = { index, term, hash, bytes, configuration };
		member.applied = configuration;
		member.state = stateOf(member);
		raft.snapshotInstalled(read);
		nameWithheld(member);
		raft.compacted(index);
	}
}
