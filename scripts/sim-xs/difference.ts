/** Where two engines that ran the same seed went different ways. */
import type { Engine } from "./engines";

/** Events from one comparison to the next while the place is sought. */
const EVERY_EVENTS = 1_000;
const EVENT = /^event (\d+):/;

/** Lines that are told of each side. */
const TOLD = 4;

export interface Difference {
	/** What both said last; empty when they differ from the start. */
	readonly common: readonly string[];
	/** What one and the other said next; empty when that one had nothing more to say. */
	readonly one: readonly string[];
	readonly other: readonly string[];
}

/**
 * Looks for it in strides, then step by step in the stride where it lies.
 * @returns null if no step differs
 */
export async function findDifference(one: Engine, other: Engine, seed: number): Promise<Difference | null> {
	const stride = { kind: "steps", seed, from: 0, to: null, everyEvents: EVERY_EVENTS } as const;
	const [a, b] = [await one.ask(stride), await other.ask(stride)];
	const at = firstDifferent(a, b);
	const from = at === 0 ? 0 : eventOf(a[at - 1]);
	const to = Math.max(eventOf(a[at]), eventOf(b[at]));
	const step = { kind: "steps", seed, from: from ?? 0, to: to === Infinity ? null : to, everyEvents: 1 } as const;
	const [c, d] = [await one.ask(step), await other.ask(step)];
	const place = firstDifferent(c, d);
	if (place === c.length && place === d.length) return null;
	const next = (lines: readonly string[]) => lines.slice(place, place + TOLD);
	return { common: c.slice(Math.max(place - TOLD, 0), place), one: next(c), other: next(d) };
}

function firstDifferent(a: readonly string[], b: readonly string[]): number {
	let at = 0;
	while (at < a.length && at < b.length && a[at] === b[at]) at++;
	return at;
}

/** @returns the number of the event, Infinity for a line without one: the end */
function eventOf(line: string | undefined): number {
	const match = line === undefined ? null : EVENT.exec(line);
	return match === null ? Infinity : Number(match[1]);
}
