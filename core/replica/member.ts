/**
 * A running member: consensus, journal, store and wire put together over the ports. One turn takes
 * in what came, judges the timers, and then moves effects until none is left:
 *
 *   sends that need not wait → the write → sends that waited for it → apply → answers
 *
 * so that a leader's appends travel while its own flash is programmed.
 */

import type { Configuration } from "../configuration";
import { NOBODY, placesFor } from "../configuration";
import { ENTRY_CONFIGURATION, ENTRY_HEADER_BYTES, entryLength, entryTerm } from "../entry";
import type { Journal } from "../journal/journal";
import { DATAGRAM_BYTES, type Limits } from "../limits";
import type { Network } from "../ports";
import { firstDrainOrder } from "../raft/drain";
import type { Build } from "../raft/levels";
import { meet } from "../raft/membership";
import { HELLO, Message } from "../raft/messages";
import { wake } from "../raft/quiet";
import { Raft } from "../raft/raft";
import { receive } from "../raft/receive";
import { recoverConfiguration, recoverEntry, recoverHardState, recoverSnapshot } from "../raft/recovery";
import { sendAppends } from "../raft/replication";
import type { Store } from "../store/store";
import { Codec } from "../wire/codec";
import { ConfigurationCodec } from "../wire/configuration";
import { DROP_KIND, DROP_SENDER } from "../wire/drops";
import { type Frame, STRANGER } from "../wire/frame";
import { Addresses, endpointOf } from "./addresses";
import { Applier } from "./applier";
import { Hello } from "./hello";
import type { NodePorts } from "./node-ports";
import { Requests } from "./requests";
import { Responder } from "./responder";
import { Sender } from "./sender";
import { Snapshots } from "./snapshots";
import type { StatusRow } from "./status-row";
import { WitnessApplier } from "./witness-applier";
import { Writer } from "./writer";

export class Member {
	/** For tests: while true nothing becomes durable, as if the flash were slow. */
	holdWrites = false;
	readonly raft: Raft;
	readonly store: Store;
	readonly addresses: Addresses;
	readonly hello: Hello;
	readonly sender: Sender;
	readonly writer: Writer;
	readonly requests: Requests;
	readonly responder: Responder;
	readonly applier: Applier;
	readonly snapshots: Snapshots;
	private readonly ports: NodePorts;
	private readonly network: Network;
	private readonly journal: Journal;
	private readonly frame: Frame;
	private readonly codec: Codec;
	private readonly message: Message;

	/**
	 * @param store loaded from the journal's snapshot
	 * @param configuration of that snapshot
	 * @param inbox the buffer that datagrams are received into
	 */
	constructor(
		ports: NodePorts,
		limits: Limits,
		journal: Journal,
		frame: Frame,
		status: StatusRow,
		store: Store,
		configuration: Configuration,
		inbox: Uint8Array,
		build: Build,
	) {
		const outgoing = new Uint8Array(DATAGRAM_BYTES);
		this.ports = ports;
		this.network = ports.network;
		this.journal = journal;
		this.frame = frame;
		this.codec = new Codec();
		this.message = new Message(inbox);
		this.store = store;
		const seed = ports.entropy.random32();
		const { id, incarnation } = journal;
		const encoding = new ConfigurationCodec();
		this.raft = new Raft(limits, configuration, id, incarnation, seed, encoding, ports.trace, journal.isWitness);
		this.raft.change.levels.build = build;
		const places = placesFor(limits.members);
		const { entropy, network, trace } = ports;
		this.addresses = new Addresses(this.raft, places, trace);
		this.sender = new Sender(this.raft, journal, network, frame, this.codec, outgoing, this.addresses);
		this.hello = new Hello(this.raft, this.addresses, journal, network, entropy, frame, this.codec, outgoing, places);
		this.hello.limits = store.limits;
		this.hello.first = store.first;
		this.writer = new Writer(this.raft, journal);
		this.responder = new Responder(ports.network, frame, this.codec, status, outgoing);
		this.requests = new Requests(this.raft, store, ports.network, this.responder, limits);
		this.snapshots = new Snapshots(this, journal, limits, configuration);
		const kind = journal.isWitness ? WitnessApplier : Applier;
		this.applier = new kind(this.raft, journal, store, this.requests, this.snapshots);
		this.recover();
		this.takePlaces();
	}

	/** Tells consensus what the journal holds (Raft figure 2, persistent state). */
	private recover(): void {
		const { journal, raft } = this;
		recoverSnapshot(raft, journal.snapshotIndex, journal.snapshotTerm, journal.snapshotSize, journal.snapshotHash);
		this.snapshots.nameWithheld();
		journal.visitEntries((_index, bytes, at) => {
			recoverEntry(raft, entryTerm(bytes, at));
			if (bytes[at] !== ENTRY_CONFIGURATION) return;
			recoverConfiguration(raft, bytes, at + ENTRY_HEADER_BYTES, entryLength(bytes, at));
		});
		recoverHardState(raft, journal.term, this.votedPlace());
		raft.storageBytes = journal.roomBytes;
		raft.drainOrder = firstDrainOrder(journal.bootEpoch);
		raft.start(this.ports.clock.milliseconds());
		this.hello.start();
	}

	/**
	 * @returns the place of whom this term's vote went to. A candidate that the configuration does not
	 * know in that life has it all the same: it counts as spent on ourselves, never as free (pitfall 3).
	 */
	private votedPlace(): number {
		const { journal, raft } = this;
		if (journal.votedFor === 0) return NOBODY;
		const place = raft.places.find(journal.votedFor, journal.votedIncarnation);
		return place === NOBODY ? raft.self : place;
	}

	/** Who stands where has changed: frames and addresses follow. */
	private takePlaces(): void {
		const { places } = this.raft;
		places.changed = false;
		this.frame.setMembers(places);
		this.ports.network.hear?.(this.frame.incoming, this.frame.seed, this.frame.memberSeed);
		this.addresses.refresh();
		if (places.claims.asks !== 0) this.hello.askDoubted();
	}

	/** A datagram whose frame is good. @param end the offset after its body */
	receive(end: number): void {
		const { frame, message, raft } = this;
		let { place } = frame;
		if (place === NOBODY) {
			if (!this.responder.receive(message.bytes, end)) return;
			this.requests.receive(message.bytes);
			if (raft.places.changed) this.takePlaces();
			// Whoever only looks on was answered by the responder, and lets the group rest.
			if (raft.isQuiet) wake(raft);
			return;
		}
		const kind = this.codec.decodeMember(message, end);
		if (kind < 0) {
			frame.drop(kind);
			return;
		}
		if (place < 0) {
			place = this.receiveOther(kind);
			if (place === NOBODY) return;
		}
		const { addresses, network } = this;
		if (addresses.addresses[place] !== network.sourceAddress || addresses.ports[place] !== network.sourcePort)
			this.fromElsewhere(place);
		message.sender = place;
		receive(raft, message);
		if (raft.incoming.chunkPending) this.snapshots.takeChunk(message);
		// Before the next datagram: its sender may stand elsewhere now.
		if (raft.places.changed) this.takePlaces();
	}

	/**
	 * What came is a HELLO, or is of a node that no configuration here knows yet.
	 * @returns the place that such a node is given; NOBODY when nothing is left to do
	 */
	private receiveOther(kind: number): number {
		const { frame, message } = this;
		if (frame.place === STRANGER) {
			const place = this.meet(kind);
			if (place === NOBODY) frame.drop(DROP_SENDER);
			return place;
		}
		// The tag of a HELLO says less than those of other messages, so nothing else may come by it.
		if (kind === HELLO) this.hello.receive(message, frame.helloPlace);
		else frame.drop(DROP_KIND);
		return NOBODY;
	}

	/** A datagram for another receiver is in the inbox. */
	overhear(length: number): void {
		this.hello.overhear(this.message, length);
	}

	/** A member has spoken from an endpoint that is not the one known. An unknown one is taken, for there is no other. */
	private fromElsewhere(place: number): void {
		const { addresses, network } = this;
		const { sourceAddress, sourcePort } = network;
		if (addresses.addresses[place] === 0) addresses.learn(place, sourceAddress, sourcePort);
		else this.hello.rumour(place, endpointOf(sourceAddress, sourcePort));
	}

	/** As `Replica.changeConfiguration`. */
	changeConfiguration(next: Configuration, expectedIndex: number): number {
		const call = this.requests.changeConfiguration(next, expectedIndex);
		if (this.raft.places.changed) this.takePlaces();
		return call;
	}

	/** @returns the place of a node that no configuration here knows yet, or NOBODY */
	private meet(kind: number): number {
		const { frame, raft } = this;
		const place = meet(raft, kind, frame.sender, frame.senderIncarnation);
		if (raft.places.changed) this.takePlaces();
		return place;
	}

	/**
	 * Moves effects until none is left.
	 * @returns true if something was written or applied, which is what upkeep follows
	 */
	work(): boolean {
		const { raft, sender } = this;
		const { answers, log, outbox, persistence } = raft;
		let worked = false;
		let wrote = true;
		// What there may be is looked at before it is asked for: a turn mostly finds nothing of most kinds.
		while (wrote) {
			if (raft.places.changed) this.takePlaces();
			if (raft.appendsDue) sendAppends(raft);
			if (outbox.count > 0) sender.send();
			const isWritten = !persistence.isDirty && persistence.writtenIndex === log.lastIndex;
			wrote = !isWritten && !this.holdWrites && this.writer.write();
			// What is durable now may be committed. Applying sends nothing, so it asks for no further round.
			const applied = raft.appliedIndex < raft.commitIndex && this.applier.apply();
			if (wrote || applied) worked = true;
			if (answers.count > 0) this.answer();
		}
		return worked;
	}

	private answer(): void {
		const { raft } = this;
		while (raft.takeAnswer()) this.requests.answer(raft.answer.call - 1, raft.answer.reason);
	}

	/**
	 * Does what may take the flash's time, after the due messages have left: at most one erase.
	 * @returns true when there is more to do at once
	 */
	upkeep(): boolean {
		const { journal, raft, snapshots } = this;
		const erased = journal.medium.wantsErase && journal.prepare();
		// After the last step once more: another one frees a full log that the elder holds, and nobody else would ask for it.
		const more = snapshots.writing || snapshots.isDue();
		if (more) snapshots.step();
		raft.storageBytes = journal.log.roomBytes();
		return more || erased || (raft.appliedIndex < raft.commitIndex && this.applier.isBehind);
	}
}
