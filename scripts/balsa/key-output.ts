/** What put, get, delete, cas and range print. */
import { CONFLICT, DONE, KEY_NOT_FOUND, OUTCOME_UNKNOWN } from "../../core/reasons";
import { AGE_UNKNOWN } from "../../core/wire/requests";
import { failureOf } from "./exit";
import type { Answer, Pair, RangeAnswer } from "./host-client";
import type { Output } from "./output";
import { hexOf, textOf } from "./parse";

export interface PrintOptions {
	hex?: boolean;
	json?: boolean;
}

/** Of a write whose datagram seems not to get through. */
const TOO_LONG =
	"no answer in time, though a member answers shorter datagrams: the path to it may lose what is longer than its MTU (docs/esp32.md); read the key to find out";

/** @throws CommandFailure for a call that is not done */
export function check(answer: Answer): void {
	if (answer.reason === CONFLICT && answer.modRevision > 0)
		throw failureOf(
			answer.reason,
			`the key is at revision ${answer.modRevision}; read it again, then compare with that`,
		);
	if (answer.reason === CONFLICT) throw failureOf(answer.reason, "there is no such key; revision 0 creates it");
	if (answer.reason === OUTCOME_UNKNOWN && answer.isTooLong) throw failureOf(answer.reason, TOO_LONG);
	if (answer.reason !== DONE) throw failureOf(answer.reason);
}

function line(output: Output, value: object): void {
	output.out(`${JSON.stringify(value)}\n`);
}

/** @returns the bytes under their name, or as hexadecimal digits under `nameHex` when they are no UTF-8 text */
function field(name: string, value: Uint8Array, isHex: boolean): { [name: string]: string } {
	const text = isHex ? hexOf(value) : textOf(value);
	return text === undefined ? { [`${name}Hex`]: hexOf(value) } : { [name]: text };
}

export function printWrite(output: Output, options: PrintOptions, answer: Answer): void {
	check(answer);
	const { revision, createRevision, modRevision, version } = answer;
	if (options.json) line(output, { revision, createRevision, modRevision, version });
	else output.out(`revision ${revision}\n`);
}

/** How old a member's own answer is, also where it found nothing: an old "no such key" misleads the most. */
function ageOf({ ageMs, index, member, revision }: Answer): string {
	const age = ageMs === AGE_UNKNOWN ? "of unknown age" : `leader heard ${ageMs} ms ago`;
	return `member ${member}: revision ${revision}, index ${index}, ${age}`;
}

/** @param isLocal the member said what it has applied, however old */
export function printValue(
	output: Output,
	options: PrintOptions,
	name: string,
	answer: Answer,
	isLocal: boolean,
): void {
	const { ageMs, createRevision, index, modRevision, reason, revision, version } = answer;
	const isFound = reason === DONE;
	const isHex = options.hex === true;
	if (!isFound && reason !== KEY_NOT_FOUND) return check(answer);
	const found = { ...field("value", answer.value, isHex), revision, createRevision, modRevision, version };
	const age = { index, leaderAgeMs: ageMs === AGE_UNKNOWN ? null : ageMs };
	if (options.json)
		line(output, {
			key: name,
			...(isFound ? found : { found: false, revision }),
			...(isLocal || index > 0 ? age : {}),
		});
	else if (isFound)
		output.out(Buffer.concat([isHex ? Buffer.from(hexOf(answer.value)) : answer.value, Buffer.from("\n")]));
	if (isLocal && !options.json) output.error(ageOf(answer));
	check(answer);
}

/** What stands for a byte that would not be seen, or taken for the end of a key or line. */
const ESCAPES: { readonly [character: string]: string } = Object.freeze({
	"\\": "\\\\",
	"\t": "\\t",
	"\n": "\\n",
	"\r": "\\r",
});

function hexEscape(byte: number): string {
	return `\\x${byte.toString(16).padStart(2, "0")}`;
}

/** @returns the bytes on one line: text as it is; backslashes, control bytes and what is no UTF-8 escaped */
export function escaped(bytes: Uint8Array): string {
	const text = textOf(bytes);
	if (text === undefined)
		return Array.from(bytes, (byte) => (byte < 0x80 ? escaped(Uint8Array.of(byte)) : hexEscape(byte))).join("");
	return Array.from(text, (character) => {
		const code = character.codePointAt(0) ?? 0;
		return ESCAPES[character] ?? (code < 0x20 || code === 0x7f ? hexEscape(code) : character);
	}).join("");
}

export function printPair(output: Output, options: PrintOptions, pair: Pair): void {
	const isHex = options.hex === true;
	const { createRevision, modRevision, version } = pair;
	if (options.json)
		line(output, {
			...field("key", pair.key, isHex),
			...field("value", pair.value, isHex),
			createRevision,
			modRevision,
			version,
		});
	else if (isHex) output.out(`${hexOf(pair.key)}\t${hexOf(pair.value)}\n`);
	else output.out(`${escaped(pair.key)}\t${escaped(pair.value)}\n`);
}

/** Says that a limit left some out, and where they begin. */
export function printMore(output: Output, options: PrintOptions, { more, pairs }: RangeAnswer): void {
	const last = pairs.at(-1);
	if (!more || last === undefined) return;
	const next = `${hexOf(last.key)}00`;
	if (options.json) line(output, { more: true, nextHex: next });
	else output.error(`there is more: \`balsa range --hex ${next}\` goes on from there`);
}
