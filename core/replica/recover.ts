/**
 * Recovery by force: a new cluster of one member, made of what one member of a lost cluster holds. The last resort,
 * for a cluster whose majority is gone for good. Everything in the survivor's log counts, committed or not: it may
 * have been acknowledged, and the survivor need not know.
 *
 * Nothing that a client saw in the old cluster comes back with another meaning: the new cluster has another id, so no
 * old member and no old datagram reaches it; sessions are gone; and revisions and indices go on far behind the old.
 */
import { assert } from "../assert";
import { Configuration, NOBODY, ROLE_VOTER } from "../configuration";
import { ENTRY_CONFIGURATION, ENTRY_HEADER_BYTES, entryLength, entryType } from "../entry";
import { format } from "../journal/format";
import type { Identity } from "../journal/identity";
import { Journal } from "../journal/journal";
import { READY } from "../journal/status";
import type { Limits } from "../limits";
import type { Flash } from "../ports";
import { BUILD } from "../raft/levels";
import { CONFIGURATION_BYTES_MAX, SnapshotWriter } from "../store/snapshot";
import { Store } from "../store/store";
import { ConfigurationCodec } from "../wire/configuration";
import { firstFingerprint } from "./format";
import { loadSnapshot } from "./snapshots";
import { judgeJournal } from "./spoken";

/**
 * How far revisions and indices jump. The survivor may have missed any number of writes, whose revisions clients saw.
 * At a hundred writes a second a billion is 115 days of them. It leaves room for 281,000 recoveries in 48 bits, and
 * the first four stay within the four bytes that CBOR takes for a number anyway.
 */
export const RECOVERY_STEP = 1_000_000_000;

/** What one flash holds, read without its node being run. */
export class Survivor {
	readonly journal: Journal;
	/** After all of the log, committed or not. */
	readonly store: Store;
	/** The latest in the log, committed or not. */
	readonly configuration: Configuration;

	/** @param flash is written to, as at each start of a node: give a copy where that must not be */
	constructor(flash: Flash, limits: Limits) {
		this.journal = new Journal(flash, limits);
		this.store = new Store(limits);
		this.configuration = new Configuration(limits.members);
		const judge = (journal: Journal, keepsLog: boolean) => judgeJournal(journal, keepsLog, limits, BUILD);
		if (this.journal.open(null, judge) !== READY) return;
		loadSnapshot(this.journal, this.store, limits, this.configuration);
		const codec = new ConfigurationCodec();
		const next = new Configuration(limits.members);
		this.journal.visitEntries((index, bytes, at) => {
			const type = entryType(bytes, at);
			const [payload, length] = [at + ENTRY_HEADER_BYTES, entryLength(bytes, at)];
			const isNext = type === ENTRY_CONFIGURATION && codec.read(bytes, payload, length, next) && next.isSound();
			if (isNext) this.configuration.copyFrom(next);
			if (!this.journal.isWitness) this.store.apply(index, type, bytes, payload, length);
		});
	}

	/** A number of core/journal/status.ts; everything else has a meaning only when it is READY. */
	get status(): number {
		return this.journal.status;
	}

	/** True where there is something to recover: the node is no witness, and a cluster has taken it in. */
	get keepsState(): boolean {
		return this.status === READY && !this.journal.isWitness && !this.configuration.isBlank();
	}

	get lastIndex(): number {
		return this.journal.lastIndex;
	}

	get lastTerm(): number {
		return this.journal.lastIndex > this.journal.snapshotIndex
			? this.journal.termAt(this.journal.lastIndex)
			: this.journal.snapshotTerm;
	}
}

/** How far a log goes. */
export type Position = Pick<Survivor, "lastIndex" | "lastTerm">;

/** @returns true if the first holds what is later in the old cluster: by the last term, then by the last index (Raft §5.4.1) */
export function holdsMore(one: Position, other: Position): boolean {
	if (one.lastTerm !== other.lastTerm) return one.lastTerm > other.lastTerm;
	return one.lastIndex > other.lastIndex;
}

/**
 * Makes the only member of a new cluster.
 * @param flash is erased: never the survivor's own, which must stay until the new one is whole
 * @param survivor keeps state; its store is changed
 * @param identity of a cluster id that was drawn for this
 * @param address and port: where members that are added later reach it
 */
export function recoverByForce(
	flash: Flash,
	limits: Limits,
	survivor: Survivor,
	identity: Identity,
	address: number,
	port: number,
): void {
	assert(survivor.keepsState, "there is no state to recover");
	const { clusterHigh, clusterLow } = survivor.journal;
	assert(identity.clusterHigh !== clusterHigh || identity.clusterLow !== clusterLow, "the old cluster's id is used up");
	const { store } = survivor;
	const index = survivor.lastIndex + RECOVERY_STEP;
	store.sessions.clear();
	store.revision += RECOVERY_STEP;
	store.appliedIndex = index;
	const configuration = new Configuration(1);
	configuration.copyNumbers(survivor.configuration);
	configuration.index = index;
	configuration.add(identity.id, identity.incarnation, ROLE_VOTER, address, port);
	const bytes = new Uint8Array(CONFIGURATION_BYTES_MAX);
	const length = new ConfigurationCodec().write(bytes, 0, bytes.length, configuration);
	assert(length > 0, "the configuration is too large");
	store.first = firstFingerprint(configuration);
	const writer = new SnapshotWriter(store);
	writer.begin(0, bytes, 0, length);
	const stream = new Uint8Array(writer.size());
	let at = 0;
	while (!writer.done) at += writer.next(stream, at, stream.length);
	assert(at === stream.length, "a snapshot has another size than was counted");
	format(flash, limits, identity, stream, writer.hash, false, index);
}

/** @returns the place of the survivor in its configuration, or NOBODY where it was removed */
export function placeOfSurvivor({ configuration, journal }: Survivor): number {
	const place = configuration.placeOfLife(journal.id, journal.incarnation);
	return place === NOBODY ? configuration.placeOf(journal.id) : place;
}
