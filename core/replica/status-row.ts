/** Gathers what the node says of itself into the row of core/status.ts. */
import { NOBODY, ROLE_NONE } from "../configuration";
import type { Journal } from "../journal/journal";
import { REGIONS } from "../journal/medium";
import {
	GAUGE_CHUNK_BYTES_ALLOCATED,
	GAUGE_COLLECTIONS,
	GAUGE_HEAP_BYTES,
	GAUGE_HEAP_USED_BYTES,
	GAUGE_SLOTS_ALLOCATED,
} from "../ports";
import { COUNTER_ELECTIONS, COUNTER_FAR, COUNTER_NONSENSE, COUNTER_TERMS_LED } from "../raft/counters";
import { isSingleCopy } from "../raft/witness";
import {
	STATUS_ADDRESS_MOVES,
	STATUS_APPLIED_INDEX,
	STATUS_BOOT_EPOCH,
	STATUS_CALLS,
	STATUS_CHUNK_BYTES_ALLOCATED,
	STATUS_COLLECTIONS,
	STATUS_COLUMNS,
	STATUS_COMMIT_INDEX,
	STATUS_DATAGRAMS_DROPPED,
	STATUS_DATAGRAMS_RECEIVED,
	STATUS_DATAGRAMS_SENT,
	STATUS_DRAIN_ORDER,
	STATUS_DRAINING,
	STATUS_ELECTIONS_BEGUN,
	STATUS_ELECTIONS_WON,
	STATUS_ENTRIES_APPLIED,
	STATUS_FLASH_ERASES,
	STATUS_FLASH_PROGRAMMED_BYTES,
	STATUS_FLASH_PROGRAMS,
	STATUS_FOR_OTHERS,
	STATUS_HEAP_BYTES,
	STATUS_HEAP_USED_BYTES,
	STATUS_ID,
	STATUS_INCARNATION,
	STATUS_JOURNAL,
	STATUS_KEYS,
	STATUS_LAST_INDEX,
	STATUS_LEADER,
	STATUS_LEADER_AGE_MS,
	STATUS_LIVE_BYTES,
	STATUS_MEMBER_ROLE,
	STATUS_NOT_BELIEVED,
	STATUS_QUIET,
	STATUS_REFUSAL,
	STATUS_REVISION,
	STATUS_ROLE,
	STATUS_SESSIONS,
	STATUS_SINGLE_COPY,
	STATUS_SLOTS_ALLOCATED,
	STATUS_SNAPSHOT_INDEX,
	STATUS_SNAPSHOTS_INSTALLED,
	STATUS_SNAPSHOTS_TAKEN,
	STATUS_STATE_HASH,
	STATUS_STEP_DOWN,
	STATUS_TERM,
	STATUS_TRANSFER,
	STATUS_UPTIME_MS,
	STATUS_WITNESS,
	UNFORMATTED_ROLE,
} from "../status";
import type { Frame } from "../wire/frame";
import type { Member } from "./member";
import type { NodePorts } from "./node-ports";
import { leaderAgeMs } from "./node-reads";

export class StatusRow {
	readonly count = STATUS_COLUMNS;
	readonly fields = new Float64Array(STATUS_COLUMNS);
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
		fields[STATUS_JOURNAL] = this.journal.status;
		fields[STATUS_UPTIME_MS] = Math.floor(ports.clock.milliseconds());
		fields[STATUS_HEAP_USED_BYTES] = ports.gauges.gauge(GAUGE_HEAP_USED_BYTES);
		fields[STATUS_HEAP_BYTES] = ports.gauges.gauge(GAUGE_HEAP_BYTES);
		fields[STATUS_SLOTS_ALLOCATED] = ports.gauges.gauge(GAUGE_SLOTS_ALLOCATED);
		fields[STATUS_CHUNK_BYTES_ALLOCATED] = ports.gauges.gauge(GAUGE_CHUNK_BYTES_ALLOCATED);
		fields[STATUS_COLLECTIONS] = ports.gauges.gauge(GAUGE_COLLECTIONS);
		let drops = 0;
		let refused = 0;
		for (let reason = 1; reason < frame.drops.length; reason++) {
			drops += frame.drops[reason];
			refused += ports.network.refused?.(-reason) ?? 0;
		}
		fields[STATUS_DATAGRAMS_RECEIVED] = this.datagramsReceived + refused;
		fields[STATUS_DATAGRAMS_DROPPED] = drops + refused;
		if (this.member === null) {
			fields[STATUS_ROLE] = UNFORMATTED_ROLE;
			return;
		}
		this.fillJournal();
		this.fillConsensus(this.member);
		this.fillStore(this.member);
	}

	private fillJournal(): void {
		const { fields, journal } = this;
		const medium = journal.medium;
		fields[STATUS_ID] = journal.id;
		fields[STATUS_INCARNATION] = journal.incarnation;
		fields[STATUS_BOOT_EPOCH] = journal.bootEpoch;
		fields[STATUS_FLASH_PROGRAMS] = medium.programs;
		fields[STATUS_FLASH_PROGRAMMED_BYTES] = medium.programmedBytes;
		let erases = 0;
		for (let region = 0; region < REGIONS; region++) erases += medium.erases[region];
		fields[STATUS_FLASH_ERASES] = erases;
	}

	private fillConsensus(member: Member): void {
		const { fields } = this;
		const { raft, sender } = member;
		fields[STATUS_ROLE] = raft.role;
		fields[STATUS_TERM] = raft.term;
		fields[STATUS_LEADER] = raft.leader === NOBODY ? 0 : raft.places.ids[raft.leader];
		fields[STATUS_SNAPSHOT_INDEX] = raft.snapshot.index;
		fields[STATUS_LAST_INDEX] = raft.log.lastIndex;
		fields[STATUS_COMMIT_INDEX] = raft.commitIndex;
		fields[STATUS_APPLIED_INDEX] = raft.appliedIndex;
		fields[STATUS_ELECTIONS_WON] = raft.counters[COUNTER_TERMS_LED];
		fields[STATUS_ELECTIONS_BEGUN] = raft.counters[COUNTER_ELECTIONS];
		fields[STATUS_STEP_DOWN] = raft.stepDownReason;
		fields[STATUS_DRAINING] = raft.isDraining ? 1 : 0;
		fields[STATUS_DRAIN_ORDER] = raft.drainOrder;
		const target = raft.transfer.target;
		fields[STATUS_TRANSFER] = target === NOBODY ? 0 : raft.places.ids[target];
		fields[STATUS_QUIET] = raft.isQuiet ? 1 : 0;
		fields[STATUS_WITNESS] = raft.isWitness ? 1 : 0;
		const { outgoingRoles, roles } = raft.configuration;
		fields[STATUS_MEMBER_ROLE] = roles[raft.self] === ROLE_NONE ? outgoingRoles[raft.self] : roles[raft.self];
		fields[STATUS_REFUSAL] = raft.places.refusal.reason;
		fields[STATUS_NOT_BELIEVED] = raft.counters[COUNTER_NONSENSE] + raft.counters[COUNTER_FAR];
		fields[STATUS_SINGLE_COPY] = isSingleCopy(raft) ? 1 : 0;
		fields[STATUS_LEADER_AGE_MS] = leaderAgeMs(raft);
		fields[STATUS_FOR_OTHERS] = member.hello.forOthers;
		fields[STATUS_ADDRESS_MOVES] = member.addresses.moves;
		fields[STATUS_DATAGRAMS_SENT] = sender.messages + member.responder.responses;
	}

	private fillStore(member: Member): void {
		const { fields } = this;
		const { store } = member;
		fields[STATUS_REVISION] = store.revision;
		fields[STATUS_STATE_HASH] = store.stateHash();
		fields[STATUS_KEYS] = store.keys.count;
		fields[STATUS_LIVE_BYTES] = store.keys.used;
		fields[STATUS_SESSIONS] = store.sessions.count;
		fields[STATUS_CALLS] = member.requests.calls.count;
		fields[STATUS_ENTRIES_APPLIED] = member.applier.entriesApplied;
		fields[STATUS_SNAPSHOTS_TAKEN] = member.snapshots.taken;
		fields[STATUS_SNAPSHOTS_INSTALLED] = member.snapshots.installed;
	}
}
