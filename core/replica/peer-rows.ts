/** What a leader knows of each member, in the rows of core/status.ts; who does not lead knows no more than who they are. */
import type { Raft } from "../raft/raft";
import { LEADER } from "../raft/role";
import {
	PEER_BYTES,
	PEER_COLUMNS,
	PEER_DIFFERENCE,
	PEER_ID,
	PEER_INCARNATION,
	PEER_LEVEL,
	PEER_MATCH,
	PEER_NEXT,
	PEER_ROLE,
	PEER_SILENT_MS,
	PEER_STATE,
	PEER_STATE_UNKNOWN,
	PEER_UNANSWERED,
	STATUS_AGE_UNKNOWN,
} from "../status";

/** Members that a cluster has at most, for they must fit a bit mask (core/limits.ts), and those on their way in. */
const ROWS_MAX = 17;

export class PeerRows {
	/** Integers in `row`. */
	count = 0;
	readonly fields = new Float64Array(ROWS_MAX * PEER_COLUMNS);
	readonly row = new DataView(this.fields.buffer);

	/** Brings the rows up to date. */
	fill(raft: Raft): void {
		const { configuration, progress } = raft;
		this.count = 0;
		for (let place = 0; place < configuration.count; place++) {
			if (configuration.ids[place] === 0) continue;
			const row = this.fields;
			const at = this.count;
			const isPeer = raft.role === LEADER && place !== raft.self;
			row[at + PEER_ID] = configuration.ids[place];
			row[at + PEER_INCARNATION] = configuration.incarnations[place];
			row[at + PEER_ROLE] = configuration.roles[place];
			row[at + PEER_STATE] = isPeer ? progress.state[place] : PEER_STATE_UNKNOWN;
			row[at + PEER_MATCH] = isPeer ? progress.match[place] : 0;
			row[at + PEER_NEXT] = isPeer ? progress.next[place] : 0;
			row[at + PEER_SILENT_MS] = isPeer ? Math.floor(raft.nowMs - progress.contactMs[place]) : STATUS_AGE_UNKNOWN;
			row[at + PEER_LEVEL] = isPeer || place === raft.self ? raft.change.levels.highestOf(raft, place) : 0;
			row[at + PEER_BYTES] = isPeer ? progress.paths.bytes[place] : 0;
			row[at + PEER_UNANSWERED] = isPeer ? progress.paths.unanswered[place] : 0;
			row[at + PEER_DIFFERENCE] = raft.places.refusal.differenceOf(configuration.ids[place]);
			this.count += PEER_COLUMNS;
		}
	}
}
