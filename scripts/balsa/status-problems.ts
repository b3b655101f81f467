/** What is wrong with a cluster as its members' statuses show it: a name, the members, and what to do. */
import { ROLE_NONE } from "../../core/configuration";
import { READY, statusName } from "../../core/journal/status";
import { LEADER } from "../../core/raft/role";
import { UNFORMATTED_ROLE } from "../../core/status";
import { adviceOf } from "../cluster/status-words";
import type { Status } from "./host-client";

export interface Problem {
	readonly name: string;
	readonly members: readonly number[];
	/** What happened, and what to do next. */
	readonly text: string;
	/** True where the cluster itself is not well, and not one node of it. */
	readonly isOfCluster: boolean;
}

/** A member that was asked, and what it said. */
export interface Asked {
	readonly id: number;
	readonly status: Status | undefined;
}

interface Heard {
	readonly id: number;
	readonly status: Status;
}

function hasAnswered(asked: Asked): asked is Heard {
	return asked.status !== undefined;
}

/** True for a node that runs as a member; one of an older version does not say what it is in the configuration. */
function runs({ status }: Heard): boolean {
	return status.journal === READY && status.role !== UNFORMATTED_ROLE && status.memberRole !== ROLE_NONE;
}

function together(heard: readonly Heard[]): string {
	return heard.map(({ id }) => id).join(" and ");
}

/** Groups by a number of the status, those of two and more. */
function shared(heard: readonly Heard[], key: (status: Status) => number): Heard[][] {
	const groups = new Map<number, Heard[]>();
	for (const one of heard) groups.set(key(one.status), [...(groups.get(key(one.status)) ?? []), one]);
	return [...groups.values()].filter((group) => group.length > 1);
}

function stopped({ id, status }: Heard): Problem {
	const name = statusName(status.journal);
	return { name, members: [id], isOfCluster: false, text: `member ${id} does not run: ${adviceOf(status.journal)}` };
}

function twoLeaders(group: readonly Heard[]): Problem {
	return {
		name: "TWO_LEADERS",
		members: group.map(({ id }) => id),
		isOfCluster: true,
		text: `members ${together(group)} both lead term ${group[0].status.term}: they were formatted with different members, or one flash runs twice. Stop one of them; compare the --peers that each was formatted with (docs/troubleshooting.md)`,
	};
}

function statesDiffer(group: readonly Heard[]): Problem {
	const hashes = group.map(({ id, status }) => `${id}: ${status.stateHash.toString(16).padStart(8, "0")}`).join(", ");
	return {
		name: "STATES_DIFFER",
		members: group.map(({ id }) => id),
		isOfCluster: true,
		text: `members ${together(group)} have applied the same ${group[0].status.appliedIndex} entries and hold different states (${hashes}). Do not write; run the same version on all, and replace the members that differ from the majority (\`balsa member replace\`)`,
	};
}

function noLeader(members: readonly Heard[], asked: number): Problem {
	return {
		name: "NO_LEADER",
		members: members.map(({ id }) => id),
		isOfCluster: true,
		text: `no member that answers leads or knows a leader (${members.length} of ${asked} answer). An election takes some seconds; if this stays, bring back a majority of the voters. If it is gone for good: docs/recovery.md`,
	};
}

/** @returns what is wrong, that of the whole cluster first */
export function problemsOf(asked: readonly Asked[]): Problem[] {
	const heard = asked.filter(hasAnswered);
	const members = heard.filter(runs);
	const leaders = members.filter(({ status }) => status.role === LEADER);
	const problems = shared(leaders, ({ term }) => term).map(twoLeaders);
	const isLed = leaders.length > 0 || members.some(({ status }) => status.leader !== 0);
	if (members.length > 0 && !isLed) problems.push(noLeader(members, asked.length));
	const keepers = members.filter(({ status }) => status.witness !== 1 && status.stateHash !== undefined);
	for (const group of shared(keepers, ({ appliedIndex }) => appliedIndex)) {
		if (new Set(group.map(({ status }) => status.stateHash)).size > 1) problems.push(statesDiffer(group));
	}
	return [...problems, ...heard.filter(({ status }) => status.journal > READY).map(stopped)];
}
