/** Whom a board hears, in the words of `show`: what tells wrong addresses from boards that are off. */
import { NOBODY } from "../../core/configuration";
import { LEADER } from "../../core/raft/role";
import { NO_PEER } from "../../core/raft/witness";
import { leaderAgeMs } from "../../core/replica/node-reads";
import type { Replica } from "../../core/replica/replica";

/** @returns a line for the console */
export function heardLine(replica: Replica): string {
	const { member } = replica;
	if (member === null) return "nobody: the node does not run";
	const { addresses, hello, raft } = member;
	const { electionMsMax } = raft.configuration;
	let others = 0;
	let answering = 0;
	for (let place = 0; place < raft.places.count; place++) {
		if (place === raft.self || raft.configuration.ids[place] === 0) continue;
		others++;
		const isPeer = raft.role === LEADER && raft.peer[place] !== NO_PEER;
		if (isPeer && raft.nowMs - raft.progress.contactMs[place] <= electionMsMax) answering++;
	}
	// A node that hears no leader asks about twice in that time.
	if (raft.role !== LEADER) answering = addresses.answeredWithin(2 * electionMsMax);
	const counts = `datagrams for others ${hello.forOthers}, addresses moved ${addresses.moves}`;
	if (raft.role === LEADER) return `${answering} of ${others} members answer this leader; ${counts}`;
	if (raft.leader !== NOBODY)
		return `node ${raft.places.ids[raft.leader]} leads, heard ${leaderAgeMs(raft)} ms ago; ${counts}`;
	return `no leader, ${answering} of ${others} members answered; ${counts}`;
}
