/**
 * What a path to each member bears (docs/protocol.md, "Path"). The answer to a range fills a datagram, and a
 * path with a small MTU loses it without a word: so a range that goes unanswered is asked for with half as
 * many bytes, and after some pages of that size twice as many are tried again.
 *
 * A request, and the answer to a get, cannot be made shorter. There the client asks the member that is silent
 * for its status besides: one that answers this and not the call is reached by short datagrams alone.
 */
import { TOO_LONG_FOR_PATH } from "../reasons";
import { isPaged, responseKind, STATUS_RESPONSE } from "../wire/requests";
import type { Call } from "./call";
import { NOBODY } from "./members";

/** Bytes of a page that fits every answer, and of one that is not made smaller; a pair is never divided. */
const PAGE_BYTES_MAX = 1360;
const PAGE_BYTES_MIN = 256;
/** Pages of a size that must have come before the next one is tried, and the most after trials that failed. */
const PAGES_MIN = 8;
const PAGES_MAX = 64;
/** Attempts that must have gone unanswered before members are asked for their status, and before their answers count. */
const SILENCES_TO_ASK = 2;
const SILENCES_TO_NAME = 4;

export class Paths {
	/** By place of the member: most bytes of a page. */
	readonly bytes: Uint16Array;
	/** Pages that came since the size was changed, how many must come before it is doubled, and 1 after it was. */
	private readonly came: Uint8Array;
	private readonly wanted: Uint8Array;
	private readonly onTrial: Uint8Array;

	constructor(members: number) {
		this.bytes = new Uint16Array(members).fill(PAGE_BYTES_MAX);
		this.came = new Uint8Array(members);
		this.wanted = new Uint8Array(members).fill(PAGES_MIN);
		this.onTrial = new Uint8Array(members);
	}

	/** @returns bytes of the answer that a call asks for; 0 where it is as long as it is */
	bytesFor(call: Call): number {
		return isPaged(call.operation) && this.bytes[call.target] < PAGE_BYTES_MAX ? this.bytes[call.target] : 0;
	}

	/** The member that was asked said nothing. */
	silent(call: Call): void {
		const place = call.target;
		call.silences++;
		call.silent |= 1 << place;
		if (!isPaged(call.operation) || this.bytes[place] <= PAGE_BYTES_MIN) return;
		if (this.onTrial[place] === 1) this.wanted[place] = Math.min(2 * this.wanted[place], PAGES_MAX);
		this.bytes[place] = Math.max(Math.floor(this.bytes[place] / 2), PAGE_BYTES_MIN);
		this.came[place] = 0;
		this.onTrial[place] = 0;
	}

	/** @returns true if the member that is to be asked was silent, and is asked for its status first */
	asksStatus(call: Call): boolean {
		const bit = 1 << call.target;
		if ((call.silent & bit) === 0 || (call.echoed & bit) !== 0 || call.silences < SILENCES_TO_ASK) return false;
		return responseKind(call.operation) !== STATUS_RESPONSE;
	}

	/** The member at a place, or NOBODY, has told its status to a call that asks for something else. @returns true if it was asked to */
	echoed(call: Call, place: number): boolean {
		if (place === NOBODY || (call.silent & (1 << place)) === 0) return false;
		// Mark: a member answers a short question, and not the call
		call.echoed |= 1 << place;
		return true;
	}

	/** The member at a place has answered a call, whatever it said. */
	heard(call: Call, place: number): void {
		call.silent &= ~(1 << place);
	}

	/** A page has come from the member at a place. */
	pageCame(place: number): void {
		const isWhole = this.bytes[place] === PAGE_BYTES_MAX;
		if ((isWhole && this.onTrial[place] === 0) || ++this.came[place] < this.wanted[place]) return;
		this.came[place] = 0;
		this.onTrial[place] = isWhole ? 0 : 1;
		if (isWhole) this.wanted[place] = PAGES_MIN;
		this.bytes[place] = Math.min(2 * this.bytes[place], PAGE_BYTES_MAX);
	}
}

/** True if the call is over because a member answers short datagrams, and not this one. */
export function isTooLong(call: Call): boolean {
	return (call.silent & call.echoed) !== 0 && call.silences >= SILENCES_TO_NAME;
}

/** @returns why a call that nothing came of has ended */
export function reasonOf(call: Call): number {
	return isTooLong(call) ? TOO_LONG_FOR_PATH : call.reason;
}
