/** What boards print on their consoles (firmware/events.ts), in words that need no knowledge of Raft. */
import { FOLLOWER } from "../../core/raft/role";
import { STEP_DOWN_TRANSFER } from "../../core/status";

/** By the beginning of the line: what its three numbers mean, or undefined where it is not worth a line. */
const WORDS: { readonly [begin: string]: (a: number, b: number, c: number, at: At) => string | undefined } =
	Object.freeze({
		"probes for votes": (term) => `hears no leader in term ${term}, and asks who would vote for it`,
		"stands for election": (term) => `stands for election in term ${term}`,
		leads: (term) => `leads term ${term}`,
		follows: (term, leader, before, at) =>
			before === FOLLOWER || leader < 0 ? undefined : `follows ${at(leader)} in term ${term}`,
		"lost its quorum": (term) => `leads term ${term} no more: no majority answers it`,
		votes: () => undefined,
		"cuts its log": (first, last) => `forgets entries ${first} to ${last}, which were never committed`,
		"sends a snapshot": (to, index, _bytes, at) => `sends ${at(to)} a snapshot of all up to entry ${index}`,
		"takes in a snapshot": (index) => `is far behind, and takes in a snapshot of all up to entry ${index}`,
		"installed a snapshot": (index) => `goes on from the snapshot of entry ${index}`,
		"dropped a message of no use": () => undefined,
		"goes by other members": () => undefined,
		"gives members up again": (index) => `forgets the change of members at entry ${index}, which was never committed`,
		"changed the members": (index, voters) => `has changed the members at entry ${index}: ${voters} of them vote`,
		"has no room in its log": (last) => `has no room in its log after entry ${last}, until a snapshot frees some`,
		"keeps datagrams to a peer to so many bytes": (to, bytes, lost, at) =>
			lost > 0 ? `sends ${at(to)} ${bytes} bytes at once at most: more did not arrive` : undefined,
		"sends to a member at another address": (to, _address, _port, at) => `has found ${at(to)} at another address`,
		"learns that a node differs in what all must share": (id) =>
			`learns that board ${id} differs in what all members must share`,
		"serves nobody (reason of core/reasons.ts) or again (0)": (reason) =>
			reason === 0 ? "serves again" : `serves nobody, for it differs from the others (reason ${reason})`,
		"does not believe a message, which claims too much": () => undefined,
		"does not believe a second leader (1) or another entry than the committed one (2)": (_kind, place, _term, at) =>
			`is told by ${at(place)} what contradicts what it knows, and drops it`,
		"campaigns no more, terms or indices are used up": (term) => `stands for election no more after term ${term}`,
		// The others are told by what follows them, or by who asked for them.
		"leads no more": (term, reason) =>
			reason === STEP_DOWN_TRANSFER ? `has handed over what it led in term ${term}` : undefined,
		"hands over": (term, to, _last, at) => `hands over to ${at(to)} in term ${term}`,
		"asks a member to stand for election": () => undefined,
		"gives up handing over": (term) => `gives up handing over, and leads term ${term} on`,
		"refuses leadership (1) or takes it again (0)": (_term, refuses) =>
			refuses === 1 ? "refuses to lead from now on" : "may lead again",
		"rests (1) or wakes (0)": (_term, rests) => (rests === 1 ? "rests, for nothing is to do" : "wakes"),
	});

/** Who stands at a place of the configuration, as people see it. */
type At = (place: number) => string;

const EVENT_LINE = /^([^:]+): [^:]+: (-?\d+) (-?\d+) (-?\d+)$/;
const BOOT_LINE = /^node \d+\.\d+, boot (\d+), term (\d+), log to (\d+)$/;

/**
 * @param line of a board's console
 * @param members ids by the places at which boards know each other, as far as they are known
 * @returns how the sentence about that board goes on, or undefined where there is nothing to tell;
 *   a line that is not known is told as it is, because it is rare and may matter
 */
export function inPlainWords(line: string, members: readonly number[]): string | undefined {
	const boot = BOOT_LINE.exec(line);
	if (boot !== null) {
		const [, count, term, last] = boot;
		return count === "1"
			? "boots for the first time"
			: `boots; its flash knows term ${term} and a log up to entry ${last}`;
	}
	const event = EVENT_LINE.exec(line);
	const words = event === null || !Object.hasOwn(WORDS, event[1]) ? undefined : WORDS[event[1]];
	if (event === null || words === undefined) return `says: ${line}`;
	return words(Number(event[2]), Number(event[3]), Number(event[4]), (place) =>
		members[place] === undefined ? "another board" : `board ${members[place]}`,
	);
}
