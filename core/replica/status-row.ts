/** Gathers what the node says of itself into the row of core/status.ts. */
import { NOBODY } from "../configuration";
import type { Journal } from "../journal/journal";
import { REGIONS } from "../journal/medium";
import {
	GAUGE_CHUNK_BYTES_ALLOCATED,
	GAUGE_COLLECTIONS,
	GAUGE_HEAP_BYTES,
	GAUGE_HEAP_USED_BYTES,
	GAUGE_SLOTS_ALLOCATED,
} from "../ports";
import { COUNTER_ELECTIONS, COUNTER_TERMS_LED } from "../raft/counters";
import * as status from "../status";
import type { Frame } from "../wire/frame";
import type { Member } from "./member";
import type { NodePorts } from "./node-ports";

export class StatusRow {
	readonly count = status.STATUS_COLUMNS;
	readonly fields = new Float64Array(status.STATUS_COLUMNS);
	readonly row = new DataView(this.fields.buffer);
	/** The running member; null when the journal did not open. */
	member: Member | null = null;
	/** Datagrams since boot, good ones or not. */
	datagramsReceived = 0;
	private readonly ports: NodePorts;
	private readonly journal: Journal;
	private readonly frame: Frame;

	constructor(ports: NodePorts, journal: Journal, frame: Frame) {
		this.ports = ports;
		this.journal = journal;
		this.frame = frame;
	}

	/** Brings `fields` up to date. */
	fill(): void {
		const { fields, frame, ports } = this;
		fields[status.STATUS_JOURNAL] = this.journal.status;
		fields[status.STATUS_UPTIME_MS] = Math.floor(ports.clock.milliseconds());
		fields[status.STATUS_HEAP_USED_BYTES] = ports.gauges.gauge(GAUGE_HEAP_USED_BYTES);
		fields[status.STATUS_HEAP_BYTES] = ports.gauges.gauge(GAUGE_HEAP_BYTES);
		fields[status.STATUS_SLOTS_ALLOCATED] = ports.gauges.gauge(GAUGE_SLOTS_ALLOCATED);
		fields[status.STATUS_CHUNK_BYTES_ALLOCATED] = ports.gauges.gauge(GAUGE_CHUNK_BYTES_ALLOCATED);
		fields[status.STATUS_COLLECTIONS] = ports.gauges.gauge(GAUGE_COLLECTIONS);
		fields[status.STATUS_DATAGRAMS_RECEIVED] = this.datagramsReceived;
		let drops = 0;
		for (let reason = 1; reason < frame.drops.length; reason++) drops += frame.drops[reason];
		fields[status.STATUS_DATAGRAMS_DROPPED] = drops;
		if (this.member === null) {
			fields[status.STATUS_ROLE] = status.UNFORMATTED_ROLE;
			return;
		}
		this.fillJournal();
		this.fillConsensus(this.member);
		this.fillStore(this.member);
	}

	private fillJournal(): void {
		const { fields, journal } = this;
		const medium = journal.medium;
		fields[status.STATUS_ID] = journal.id;
		fields[status.STATUS_INCARNATION] = journal.incarnation;
		fields[status.STATUS_BOOT_EPOCH] = journal.bootEpoch;
		fields[status.STATUS_FLASH_PROGRAMS] = medium.programs;
		fields[status.STATUS_FLASH_PROGRAMMED_BYTES] = medium.programmedBytes;
		let erases = 0;
		for (let region = 0; region < REGIONS; region++) erases += medium.erases[region];
		fields[status.STATUS_FLASH_ERASES] = erases;
	}

	private fillConsensus(member: Member): void {
		const { fields } = this;
		const { raft, sender } = member;
		fields[status.STATUS_ROLE] = raft.role;
		fields[status.STATUS_TERM] = raft.term;
		fields[status.STATUS_LEADER] = raft.leader === NOBODY ? 0 : raft.configuration.ids[raft.leader];
		fields[status.STATUS_SNAPSHOT_INDEX] = raft.snapshot.index;
		fields[status.STATUS_LAST_INDEX] = raft.log.lastIndex;
		fields[status.STATUS_COMMIT_INDEX] = raft.commitIndex;
		fields[status.STATUS_APPLIED_INDEX] = raft.appliedIndex;
		fields[status.STATUS_ELECTIONS_WON] = raft.counters[COUNTER_TERMS_LED];
		fields[status.STATUS_ELECTIONS_BEGUN] = raft.counters[COUNTER_ELECTIONS];
		fields[status.STATUS_DATAGRAMS_SENT] = sender.messages + member.responder.responses;
	}

	private fillStore(member: Member): void {
		const { fields } = this;
		const { store } = member;
		fields[status.STATUS_REVISION] = store.revision;
		fields[status.STATUS_STATE_HASH] = store.stateHash();
		fields[status.STATUS_KEYS] = store.keys.count;
		fields[status.STATUS_LIVE_BYTES] = store.keys.used;
		fields[status.STATUS_SESSIONS] = store.sessions.count;
		fields[status.STATUS_CALLS] = member.requests.calls.count;
		fields[status.STATUS_ENTRIES_APPLIED] = member.applier.entriesApplied;
		fields[status.STATUS_SNAPSHOTS_TAKEN] = member.snapshots.taken;
		fields[status.STATUS_SNAPSHOTS_INSTALLED] = member.snapshots.installed;
	}
}
