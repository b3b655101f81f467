/**
 * Everything that happens in a run, as one number that two runs share only if they were the same,
 * and the last of it in words for whoever must find out what went wrong.
 */

import {
	EVENT_ADDRESS,
	EVENT_CANDIDATE,
	EVENT_CONFIGURATION,
	EVENT_CONFIGURATION_COMMITTED,
	EVENT_CONFIGURATION_CUT,
	EVENT_CONTRADICTION,
	EVENT_DIFFERS,
	EVENT_DRAIN,
	EVENT_FAR,
	EVENT_FOLLOWER,
	EVENT_LEADER,
	EVENT_LOG_FULL,
	EVENT_NONSENSE,
	EVENT_PATH,
	EVENT_PRE_VOTE,
	EVENT_QUIET,
	EVENT_QUORUM_LOST,
	EVENT_REFUSAL,
	EVENT_SNAPSHOT_BEGIN,
	EVENT_SNAPSHOT_INSTALLED,
	EVENT_SNAPSHOT_SEND,
	EVENT_STEP_DOWN,
	EVENT_TIMEOUT_NOW,
	EVENT_TRANSFER_BEGIN,
	EVENT_TRANSFER_END,
	EVENT_TRUNCATED,
	EVENT_USED_UP,
	EVENT_VOTE,
} from "../core/events";
import { reasonName } from "../core/reasons";

/** Steps that are kept for the words. */
const KEPT = 60;

const STEP_DOWN_WORDS: readonly string[] = Object.freeze([
	"",
	"it heard of a higher term",
	"no majority answered",
	"it handed over",
	"it is left out",
	"it differs from others in what all must share",
]);

const WORDS: { readonly [event: number]: (a: number, b: number, c: number) => string } = {
	[EVENT_PRE_VOTE]: (a, b, c) => `probes for votes in term ${a}, its log ends with ${b} of term ${c}`,
	[EVENT_CANDIDATE]: (a, b, c) => `stands for election in term ${a}, its log ends with ${b} of term ${c}`,
	[EVENT_LEADER]: (a, b) => `leads term ${a} from entry ${b} on`,
	[EVENT_FOLLOWER]: (a, b) => `follows ${b < 1 ? "nobody" : `node ${b}`} in term ${a}`,
	[EVENT_QUORUM_LOST]: (a, b) => `gives up term ${a}: no majority answered round ${b}`,
	[EVENT_VOTE]: (a, b) => `votes for node ${b} in term ${a}`,
	[EVENT_TRUNCATED]: (a, b, c) => `cuts entries ${a} to ${b}, which leader ${c} contradicts`,
	[EVENT_SNAPSHOT_SEND]: (a, b, c) => `sends node ${a} the snapshot at ${b} of ${c} bytes`,
	[EVENT_SNAPSHOT_BEGIN]: (a, b, c) => `takes in the snapshot at ${a} of term ${b}, ${c} bytes`,
	[EVENT_SNAPSHOT_INSTALLED]: (a, b, c) => `installed the snapshot at ${a} of term ${b}, ${c} bytes`,
	[EVENT_NONSENSE]: (a, b, c) => `drops a message of kind ${a} from node ${b}, term ${c}: no use`,
	[EVENT_LOG_FULL]: (a, b, c) => `has no room after entry ${a} for ${b} entries of node ${c}`,
	[EVENT_PATH]: (a, b, c) =>
		c > 0
			? `keeps datagrams to node ${a} to ${b} bytes: one of ${c} was lost`
			: `tries datagrams of ${b} bytes to node ${a}`,
	[EVENT_ADDRESS]: (a, b, c) => `sends to node ${a} at address ${b}, port ${c} from now on`,
	[EVENT_DIFFERS]: (a, b) => `learns that node ${a} differs in what all must share: ${reasonName(b)}`,
	[EVENT_REFUSAL]: (a, b, c) =>
		a === 0 ? "serves again" : `serves nobody, ${reasonName(a)}: ${b} nodes differ from it and ${c} agree`,
	[EVENT_FAR]: (a, b, c) =>
		`does not believe a message of kind ${a} from node ${b}, term ${c}: it is too far from what is known`,
	[EVENT_CONTRADICTION]: (a, b, c) =>
		a === 1
			? `does not follow node ${b}, a second leader in term ${c}`
			: `does not take entry ${c} of node ${b}: another one is committed`,
	[EVENT_USED_UP]: (a, b) => `campaigns no more: term ${a} or entry ${b} is the last`,
	[EVENT_CONFIGURATION]: (a, b, c) => `goes by the members of entry ${a}: ${b} vote${c === 1 ? ", joint" : ""}`,
	[EVENT_CONFIGURATION_CUT]: (a, b) => `gives up the members of entry ${a} for those of ${b}`,
	[EVENT_CONFIGURATION_COMMITTED]: (a, b) => `has changed the members at entry ${a}: ${b} vote`,
	[EVENT_STEP_DOWN]: (a, b) => `led term ${a} and leads no more: ${STEP_DOWN_WORDS[b]}`,
	[EVENT_TRANSFER_BEGIN]: (a, b, c) => `hands term ${a} over to node ${b}, which must have entry ${c}`,
	[EVENT_TIMEOUT_NOW]: (_a, b, c) => `asks node ${b} to stand at once, order ${c}`,
	[EVENT_TRANSFER_END]: (a) => `gives up handing over, and leads term ${a} on`,
	[EVENT_QUIET]: (_a, b) => (b === 1 ? "rests" : "wakes"),
	[EVENT_DRAIN]: (_a, b) => (b === 1 ? "refuses leadership from now on" : "takes leadership again"),
};

/** Which of its three numbers is a place, by event. */
const PLACES: { readonly [event: number]: "a" | "b" | "c" } = {
	[EVENT_FOLLOWER]: "b",
	[EVENT_VOTE]: "b",
	[EVENT_TRUNCATED]: "c",
	[EVENT_SNAPSHOT_SEND]: "a",
	[EVENT_NONSENSE]: "b",
	[EVENT_LOG_FULL]: "c",
	[EVENT_PATH]: "a",
	[EVENT_ADDRESS]: "a",
	[EVENT_FAR]: "b",
	[EVENT_CONTRADICTION]: "b",
	[EVENT_TRANSFER_BEGIN]: "b",
	[EVENT_TIMEOUT_NOW]: "b",
};

/** One thing that happened, in numbers or in words. */
interface Step {
	readonly timeMs: number;
	readonly node: number;
	readonly event: number;
	readonly a: number;
	readonly b: number;
	readonly c: number;
	readonly text: string;
}

export class RunTrace {
	/** u32, of everything so far. */
	hash = 0;
	/** Called with each line; null keeps only the last few for `lines`. */
	private readonly print: ((line: string) => void) | null;
	private readonly steps: Step[] = [];
	private next = 0;

	constructor(print: ((line: string) => void) | null) {
		this.print = print;
	}

	/** Mixes in a number of up to 53 bits (the finalizer of MurmurHash3, public domain). */
	mix(value: number): void {
		this.mix32(value % 0x100000000);
		if (value >= 0x100000000) this.mix32(Math.floor(value / 0x100000000));
	}

	private mix32(value: number): void {
		let hash = Math.imul(this.hash ^ value, 0x85ebca6b);
		hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
		this.hash = (hash ^ (hash >>> 16)) >>> 0;
	}

	/** An event of a node's trace port. @param ids who stands at which place of it; none while it has no power */
	event(
		timeMs: number,
		node: number,
		event: number,
		a: number,
		b: number,
		c: number,
		ids: ArrayLike<number> | undefined,
	): void {
		this.mix(timeMs);
		this.mix(node * 100 + event);
		this.mix(a);
		this.mix(Math.max(b, 0));
		this.mix(Math.max(c, 0));
		const step = { timeMs, node, event, a, b, c, text: "" };
		const place = PLACES[event];
		if (place !== undefined) step[place] = step[place] < 0 ? 0 : (ids?.[step[place]] ?? step[place] + 1);
		this.keep(step);
	}

	/** Something else, in words. @param node 0 for none */
	say(timeMs: number, node: number, text: string): void {
		this.mix(timeMs);
		this.mix(text.length * 10 + node);
		this.keep({ timeMs, node, event: 0, a: 0, b: 0, c: 0, text });
	}

	private keep(step: Step): void {
		if (this.print !== null) return this.print(inWords(step));
		this.steps[this.next] = step;
		this.next = (this.next + 1) % KEPT;
	}

	/** @returns the last steps in words, the oldest first */
	lines(): string[] {
		const { next, steps } = this;
		return [...steps.slice(next), ...steps.slice(0, next)].map(inWords);
	}
}

function inWords(step: Step): string {
	const { a, b, c, event, node, text, timeMs } = step;
	const words = event === 0 ? text : (WORDS[event]?.(a, b, c) ?? `event ${event}: ${a} ${b} ${c}`);
	return `${String(timeMs).padStart(8)} ms  ${node === 0 ? "      " : `node ${node}`}  ${words}`;
}
