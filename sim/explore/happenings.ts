/** What a step of a node let be seen from outside, besides its messages. */

/** An entry was applied: its index, the entry. */
export const APPLIED = 0;
/** A call was answered: the call, the reason, the index of its entry or read. */
export const ANSWERED = 1;
/** A call was accepted: the call. */
export const ASKED = 2;
/** The node began anew: its calls are gone. */
export const RESTARTED = 3;

export interface Happening {
	readonly what: number;
	readonly call: number;
	readonly reason: number;
	readonly index: number;
	readonly entry: number;
}

export function applied(index: number, entry: number): Happening {
	return { what: APPLIED, call: 0, reason: 0, index, entry };
}

export function answered(call: number, reason: number, index: number): Happening {
	return { what: ANSWERED, call, reason, index, entry: 0 };
}

export function asked(call: number): Happening {
	return { what: ASKED, call, reason: 0, index: 0, entry: 0 };
}

export const restarted: Happening = Object.freeze({ what: RESTARTED, call: 0, reason: 0, index: 0, entry: 0 });
