/**
 * Lease reads (thesis §6.4.1): a leader that a quorum has answered need not ask again for a while,
 * because none of that quorum votes for another meanwhile. Off unless the configuration says `leaseMs`.
 *
 * Why no other leader can have been elected while the lease holds. The lease rests on a round that the
 * leader opened at time s and that a quorum has answered. Each of these voters heard the leader at s or
 * later, and then grants no vote for `electionMsMin` of its own clock (`hearsLeader`), be it in this
 * term or a later one; one that has restarted since does as if it had just heard a leader (pitfall 41).
 * The lease ends `leaseMs` of the leader's clock after s, not after the answers (pitfall 38). A clock
 * errs by at most `driftPerMille` and shows whole milliseconds; so in true time
 *
 *   lease  ≤ leaseMs / (1 - drift)   and   promise ≥ (electionMsMin - 2) / (1 + drift)
 *
 * and `Configuration.isSound` says that the first is not the longer (pitfall 40). Any election needs a
 * voter of the quorum, so it comes after the lease, but for two ways round the promise:
 *
 *   - an election that this leader has ordered. From the order on there is no lease, and later none
 *     before the target has answered a later round; and the lease counts only rounds after the order,
 *     whose answers make the order void with each voter that gave one (pitfall 39; transfer.ts).
 *     Who has restarted forgot which orders are void, and follows none for `electionMsMin`.
 *   - a voter that does not know yet that leases are in force, and restarts. Only answers of voters
 *     that hold the configuration are counted.
 *
 * While the configuration in force is not committed there is no lease, for others may elect by the one
 * before it. Once it is, whoever does not hold it is refused by a voter of any quorum, its log being
 * too short; and whoever holds it needs a quorum of it, in a joint one of both halves, as the lease does.
 */
import { NOBODY } from "../configuration";
import { DONE } from "../reasons";
import { quorumValue } from "./quorum";
import type { Raft } from "./raft";
import { LEADER } from "./role";

/**
 * Time has passed that the clock did not count, nobody knows how much. What was heard may be older than it
 * seems: a lease is over, and no age is told. A promise not to vote is kept by the clock that there is,
 * which is longer.
 */
export function paused(node: Raft): void {
	node.lease.forget();
	node.patientUntilMs = Math.max(node.patientUntilMs, node.leaderHeardMs + node.configuration.electionMsMin);
	node.leaderHeardMs = -Infinity;
}

/** Rounds that are remembered: those of heartbeats alone, and more of them than fit a lease matter to nobody. */
const ROUNDS = 16;

export class Lease {
	/** A ring of rounds and when they were opened, in milliseconds. */
	private readonly rounds = new Float64Array(ROUNDS);
	private readonly openedMs = new Float64Array(ROUNDS);
	private head = 0;
	/** The latest order to stand for election, or 0; and a bit by place of whom any went to that may not know yet that it is void. */
	private lastOrder = 0;
	private targets = 0;
	/** By place, for `heldRound`. */
	private readonly answered: Float64Array;

	constructor(places: number) {
		this.answered = new Float64Array(places);
	}

	/** A new term is led. */
	reset(): void {
		this.forget();
		this.lastOrder = 0;
		this.targets = 0;
	}

	/** Time may have passed that the clock did not count: no earlier round holds a lease any more. */
	forget(): void {
		this.rounds.fill(0);
	}

	/** A round of heartbeats, or the first of the term, is about to leave. */
	opened(round: number, nowMs: number): void {
		this.rounds[this.head] = round;
		this.openedMs[this.head] = nowMs;
		this.head = (this.head + 1) % ROUNDS;
	}

	/** An order to stand for election goes to the member at `place`. */
	order(place: number, sequence: number): void {
		this.lastOrder = sequence;
		this.targets |= 1 << place;
	}

	/** Another will stand at `place`. Who did is no voter of a committed configuration any more, and no order makes it a leader. */
	vacated(place: number): void {
		this.targets &= ~(1 << place);
	}

	/** @returns true if the read was answered at once */
	serves(node: Raft, call: number): boolean {
		const { answers, appliedIndex, limits } = node;
		if (node.commitIndex !== appliedIndex || answers.count >= limits.reads || !this.holds(node)) return false;
		answers.add(call, DONE, appliedIndex);
		return true;
	}

	/** @returns true if this node may serve a read now without asking anybody */
	holds(node: Raft): boolean {
		const { commitIndex, configuration } = node;
		if (configuration.leaseMs === 0 || node.role !== LEADER || node.transfer.target !== NOBODY) return false;
		if (commitIndex < node.termStartIndex || commitIndex < configuration.index) return false;
		if (this.targets !== 0 && this.mayBeObeyed(node)) return false;
		const held = this.heldRound(node);
		if (held <= this.lastOrder) return false;
		return node.nowMs - this.openedSinceMs(held) < configuration.leaseMs;
	}

	/** @returns true while a voter that was ordered to stand has answered no round after the last order */
	private mayBeObeyed(node: Raft): boolean {
		for (let place = 0; place < node.configuration.count; place++) {
			const bit = 1 << place;
			if ((this.targets & bit) === 0) continue;
			if (node.progress.round[place] > this.lastOrder) this.targets &= ~bit;
			else if (node.voter[place] === 1) return true;
		}
		return false;
	}

	/** @returns when the latest round was opened that a quorum has answered; -Infinity when none is remembered */
	heldSinceMs(node: Raft): number {
		return this.openedSinceMs(this.heldRound(node));
	}

	/** Rounds are opened in ascending order, and mostly the last but one or two is held. */
	private openedSinceMs(held: number): number {
		let slot = this.head;
		for (let i = 0; i < ROUNDS; i++) {
			slot = slot === 0 ? ROUNDS - 1 : slot - 1;
			if (this.rounds[slot] === 0) return -Infinity;
			if (this.rounds[slot] <= held) return this.openedMs[slot];
		}
		return -Infinity;
	}

	/** @returns the latest round that was answered by a quorum of voters that hold the configuration */
	private heldRound(node: Raft): number {
		const { configuration, progress } = node;
		for (let place = 0; place < configuration.count; place++) {
			this.answered[place] = progress.match[place] >= configuration.index ? progress.round[place] : 0;
		}
		this.answered[node.self] = node.round;
		return quorumValue(this.answered, node.voters, 0);
	}
}
