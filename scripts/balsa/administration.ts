/**
 * Changes who the members are, step by step, until they are as wished. Each step looks at the leader's
 * page first, and asks for a change of just that page: compare and set. So whatever came of a change
 * whose answer was lost, and whoever else changes something meanwhile, the next page tells, and the
 * step is thought out anew.
 */
import { type Configuration, isVoting, ROLE_NONE } from "../../core/configuration";
import { differences } from "../../core/raft/change";
import {
	BAD_CONFIGURATION,
	CHANGE_UNDER_WAY,
	CONFLICT,
	DONE,
	LEVEL_NOT_SPOKEN,
	NOT_CAUGHT_UP,
	OUTCOME_UNKNOWN,
	QUORUM_AT_RISK,
	UNREACHABLE,
} from "../../core/reasons";
import { CommandFailure, EXIT_UNKNOWN, explanationOf, failureOf, refused } from "./exit";
import type { HostClient } from "./host-client";
import {
	type Life,
	learnerRole,
	lifeName,
	type Membership,
	memberRoleName,
	type Newcomer,
	type Place,
	votingRole,
} from "./membership";

export interface AdministrationOptions {
	/** For a command, from its first look to its end. */
	readonly timeoutMs: number;
	/** Told of each stage, in the words that people see. */
	readonly stage: (text: string) => void;
}

/** Which member shall rather lead: those of the highest, 0 to PRIORITY_MAX of core/configuration.ts. */
export interface Priority {
	readonly id: number;
	readonly priority: number;
}

/** What a look at the page leads to: a change, a wait for the next page, or the end. */
type Step = Configuration | "wait" | "there";

/** Between two looks. */
const LOOK_MS = 100;
/** For one question, and for one change: a leader that cannot commit finds out within two election timeouts. */
const ASK_MS = 5000;
/** First of the reasons that a client may try again (core/reasons.ts). */
const NOW_MIN = 200;

export class Administration {
	readonly #client: HostClient;
	readonly #options: AdministrationOptions;
	readonly #endMs: number;
	#stage = "";
	/** Why the command is not at its end yet. */
	#reason = UNREACHABLE;
	/** Index that the change named of which nobody knows what came of it, or -1. */
	#unknownIndex = -1;

	/** For one command: its time begins. */
	constructor(client: HostClient, options: AdministrationOptions) {
		this.#client = client;
		this.#options = options;
		this.#endMs = performance.now() + options.timeoutMs;
	}

	/** Asks the leader who the members are. @throws CommandFailure when the time is over */
	async page(): Promise<Membership> {
		for (;;) {
			const { membership, reason } = await this.#client.members(this.#leftMs());
			if (membership !== undefined) {
				if (membership.isSettled() && membership.configuration.index > this.#unknownIndex) this.#unknownIndex = -1;
				return membership;
			}
			this.#reason = reason;
			await this.#rest();
		}
	}

	/** Adds a node as a learner. @throws CommandFailure by name */
	async add(place: Newcomer): Promise<Membership> {
		const first = await this.page();
		const there = first.find(place);
		if (there !== undefined)
			throw refused(`ALREADY_A_MEMBER: ${lifeName(place)} is a ${memberRoleName(there.role)} already`);
		checkLife(first, place);
		return this.#join(place);
	}

	/** Lets a learner vote, when it has caught up. @throws CommandFailure by name */
	async promote(life: Life): Promise<Membership> {
		const first = await this.page();
		const there = first.find(life);
		if (there === undefined) throw notThere(life);
		if (isVoting(there.role)) throw refused(`ALREADY_A_VOTER: ${lifeName(life)} votes already`);
		const other = first.livesOf(life.id).find((row) => isVoting(row.role));
		if (other !== undefined)
			throw refused(
				`OTHER_LIFE: ${lifeName(other)} votes, and two lives of one node must not: \`balsa member replace ${lifeName(other)} ${life.id}\``,
			);
		return this.#reach(this.#vote(life, undefined));
	}

	/** Removes a member; one that leads hands over first. @throws CommandFailure by name */
	async remove(life: Life): Promise<Membership> {
		const first = await this.page();
		if (first.find(life) === undefined) throw notThere(life);
		return this.#reach(async (page) => {
			if (page.find(life) === undefined) return "there";
			// Who may not go must not hand over for nothing.
			const next = page.wish((rows) => rows.delete(lifeName(life)));
			if (!next.isSound()) throw refused(`LAST_VOTER: without ${lifeName(life)} too few would vote who keep the state`);
			return page.leads(life) ? this.#handOver() : next;
		});
	}

	/** Puts a node in the place of another, dead or alive: a learner first, then both in one change. @throws CommandFailure by name */
	async replace(old: Life, place: Newcomer): Promise<Membership> {
		const first = await this.page();
		const left = first.find(old);
		if (left === undefined) throw notThere(old);
		checkLife(first, place);
		if (isVoting(left.role)) {
			await this.#join(place);
			return this.#reach(this.#vote(place, old));
		}
		const row = { ...left, ...place, role: learnerRole(place), match: 0 };
		return this.#reach((page) => {
			if (page.find(old) === undefined && page.find(place) !== undefined) return "there";
			return page.wish((rows) => {
				rows.delete(lifeName(old));
				if (page.find(place) === undefined) rows.set(lifeName(place), row);
			});
		});
	}

	/** Changes the numbers that all members share, and who shall rather lead. @throws CommandFailure by name */
	async set(numbers: Partial<Configuration>, priorities: readonly Priority[] = []): Promise<Membership> {
		const names = Object.keys(numbers) as (keyof Configuration)[];
		return this.#reach((page) => {
			const wished = priorities.map(({ id, priority }) => {
				const row = page.livesOf(id).at(-1);
				if (row === undefined) throw refused(`NO_SUCH_MEMBER: ${id} is no member`);
				return { ...row, isThere: row.priority === priority, priority };
			});
			const areNumbers = names.every((name) => page.configuration[name] === numbers[name]);
			if (areNumbers && wished.every((row) => row.isThere)) return "there";
			return page.wish((rows, next) => {
				Object.assign(next, numbers);
				for (const row of wished) rows.set(lifeName(row), row);
			});
		});
	}

	/** Adds a node as a learner, unless it is there. */
	async #join(place: Newcomer): Promise<Membership> {
		const { address, id, incarnation, port } = place;
		const role = learnerRole(place);
		const row = { id, incarnation, address, port, role, outgoingRole: ROLE_NONE, match: 0 };
		const membership = await this.#reach((page) => {
			if (page.find(place) !== undefined) return "there";
			return page.wish((rows) => rows.set(lifeName(place), row));
		});
		this.#say(`${lifeName(place)}: ${memberRoleName(membership.find(place)?.role ?? role)}`);
		return membership;
	}

	/** A learner votes when it has caught up, and in the same change another member goes. */
	#vote(life: Life, old: Life | undefined): (page: Membership) => Step | Promise<Step> {
		/** What the log was at the last look: a round of copying ends when the learner has that. */
		let lastIndex = Number.POSITIVE_INFINITY;
		return (page) => {
			const learner = page.find(life);
			const left = old === undefined ? undefined : page.find(old);
			if (learner === undefined) throw refused(`NO_SUCH_MEMBER: ${lifeName(life)} was removed meanwhile`);
			if (isVoting(learner.role) && left === undefined) return "there";
			if (old !== undefined && page.leads(old)) return this.#handOver();
			if (!isVoting(learner.role)) {
				this.#say(`${lifeName(life)}: catching up ${learner.match}/${page.lastIndex}`);
				const hasRound = learner.match >= lastIndex;
				lastIndex = page.lastIndex;
				this.#reason = NOT_CAUGHT_UP;
				if (!hasRound) return "wait";
			}
			return page.wish((rows) => {
				if (old !== undefined) rows.delete(lifeName(old));
				const priority = left?.priority ?? learner.priority ?? 0;
				rows.set(lifeName(life), { ...learner, priority, role: votingRole(learner.role) });
			});
		};
	}

	async #handOver(): Promise<Step> {
		this.#say("handing over leadership");
		const answer = await this.#client.transfer(0, this.#leftMs());
		if (answer.reason === DONE) this.#say(`${answer.leader} leads`);
		else this.#reason = answer.reason;
		return "wait";
	}

	/** Looks, and changes what is not as it shall be, until it is. */
	async #reach(step: (page: Membership) => Step | Promise<Step>): Promise<Membership> {
		for (;;) {
			const page = await this.page();
			if (page.isSettled()) {
				const next = await step(page);
				if (next === "there") return page;
				if (next !== "wait") {
					const done = await this.#change(page, next);
					if (done !== undefined) return done;
				}
			} else {
				if (page.configuration.isJoint()) this.#say("joint");
				this.#reason = CHANGE_UNDER_WAY;
			}
			await this.#rest();
		}
	}

	/** @returns the page after the change, or undefined when the next one must tell */
	async #change(page: Membership, next: Configuration): Promise<Membership | undefined> {
		if (!next.isSound()) throw failureOf(BAD_CONFIGURATION);
		if (differences(page.configuration, next) > 1) this.#say("joint");
		const answer = await this.#client.change(next, this.#leftMs());
		if (answer.membership !== undefined) return answer.membership;
		// A conflict may be that of a copy of this very change.
		if (answer.reason === OUTCOME_UNKNOWN) this.#unknownIndex = page.configuration.index;
		else if (isForGood(answer.reason)) throw failureOf(answer.reason);
		this.#reason = answer.reason === CONFLICT ? CHANGE_UNDER_WAY : answer.reason;
		return undefined;
	}

	#say(text: string): void {
		if (text === this.#stage) return;
		this.#stage = text;
		this.#options.stage(text);
	}

	#leftMs(): number {
		return Math.max(1, Math.min(ASK_MS, Math.ceil(this.#endMs - performance.now())));
	}

	/** @throws CommandFailure when the time is over */
	async #rest(): Promise<void> {
		if (performance.now() < this.#endMs) {
			await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
			return;
		}
		const stage = this.#stage === "" ? "" : ` (it came as far as "${this.#stage}")`;
		if (this.#unknownIndex >= 0)
			throw new CommandFailure(
				EXIT_UNKNOWN,
				`OUTCOME_UNKNOWN: no answer in time: the change may have happened, or may yet. \`balsa member list\` tells once a leader answers; until then \`balsa status\` shows which members do${stage}`,
			);
		throw failureOf(this.#reason, `${explanationOf(this.#reason) ?? "the time is over"}${stage}`);
	}
}

/** Trying again does not help, unless somebody does something about it. */
function isForGood(reason: number): boolean {
	if (reason === LEVEL_NOT_SPOKEN || reason === QUORUM_AT_RISK) return true;
	return reason < NOW_MIN && reason !== CONFLICT;
}

/** A life that is over does not come back. */
function checkLife(page: Membership, place: Place): void {
	const later = page.livesOf(place.id).find((row) => row.incarnation > place.incarnation);
	if (later !== undefined)
		throw refused(`LIFE_OVER: ${lifeName(later)} is a member, so the life ${lifeName(place)} is over`);
}

function notThere(life: Life): CommandFailure {
	return refused(`NO_SUCH_MEMBER: ${lifeName(life)} is no member`);
}
