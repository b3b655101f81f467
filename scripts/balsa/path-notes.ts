/** What a leader knows of the paths to its peers, in words: F2 of a cluster is a peer that answers and takes nothing. */
import { ENTRIES_BYTES_MAX } from "../../core/raft/path";
import type { Peer, StatusAnswer } from "./host-client";

/** One heartbeat that was answered while entries were not may be chance. */
const UNANSWERED = 2;

/** True for a peer that answers heartbeats while entries do not reach it. */
export function takesNothing(peer: Peer): boolean {
	return peer["unanswered"] >= UNANSWERED;
}

/**
 * @param leader that says it
 * @returns a line for each peer whose path loses long datagrams
 */
export function pathNotes(leader: number, peers: readonly Peer[]): string[] {
	const notes: string[] = [];
	for (const peer of peers) {
		const kept = `datagrams to ${peer["id"]} are kept to ${peer["datagramBytes"]} bytes of entries`;
		if (takesNothing(peer))
			notes.push(
				`node ${peer["id"]} answers heartbeats and takes no entries from node ${leader}, ${kept}: check the MTU between them`,
			);
		else if (peer["datagramBytes"] > 0 && peer["datagramBytes"] < ENTRIES_BYTES_MAX)
			notes.push(`node ${leader} found that the path to node ${peer["id"]} loses long datagrams: ${kept}`);
	}
	return notes;
}

/** @returns id of the member that leads the highest term, or 0 */
export function leaderOf(answers: readonly StatusAnswer[], isLeader: (role: number) => boolean): number {
	let found = 0;
	let term = -1;
	for (const { status } of answers) {
		if (status === undefined || !isLeader(status["role"]) || status["term"] <= term) continue;
		found = status["id"];
		term = status["term"];
	}
	return found;
}
