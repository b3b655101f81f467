/** The nodes answer the leader's question whether the voters are there, without a network. */

import type { Raft } from "../../../core/raft/raft";
import { hearPeer } from "../../../core/raft/replication";
import { NO_PEER } from "../../../core/raft/witness";

/** @param answers whether the node at a place does */
export function hearVoters(leader: Raft, answers: (place: number) => boolean = () => true): void {
	const { change, peer } = leader;
	for (let place = 0; place < peer.length; place++) {
		if (change.isWaiting && peer[place] !== NO_PEER && answers(place)) hearPeer(leader, place, change.votersRound);
	}
}
