/**
 * The little of mocha and node:assert that tests inside XS need. A test runs when it is declared;
 * `finish` prints the sum and ends the program. State at the top level is fine here: tests are loaded
 * into memory, not preloaded into flash.
 */
import { exit, print, stopWatchdog } from "../../platform/qemu/board";

stopWatchdog();

let passing = 0;
const failing: string[] = [];
const titles: string[] = [];

/** Groups the tests that `body` declares. */
export function describe(title: string, body: () => void): void {
	titles.push(title);
	body();
	titles.pop();
}

/** Runs a test: it fails when it throws. */
export function it(title: string, body: () => void): void {
	const name = [...titles, title].join(" › ");
	try {
		body();
		passing += 1;
	} catch (error) {
		failing.push(name);
		print(`failing: ${name}`);
		print(error instanceof Error ? (error.stack ?? error.message) : String(error));
	}
}

/** Throws unless the value is truthy. */
export function ok(value: unknown, message = "expected a truthy value"): void {
	if (!value) throw new Error(message);
}

/** Throws unless both are the same value (Object.is). */
export function equal(actual: unknown, expected: unknown, message = ""): void {
	if (!Object.is(actual, expected)) throw new Error(`${message} expected ${String(expected)}, got ${String(actual)}`);
}

/** Throws unless the function throws, something whose text matches the pattern if there is one. */
export function throws(body: () => unknown, pattern?: RegExp): void {
	try {
		body();
	} catch (error) {
		if (pattern !== undefined && !pattern.test(String(error)))
			throw new Error(`expected an error like ${String(pattern)}, got ${String(error)}`);
		return;
	}
	throw new Error("expected an error");
}

/** Prints the last line, which `scripts/firmware/run-on-xs.ts` looks for, and ends with an exit code. */
export function finish(): never {
	print(`xs: ${passing} passing, ${failing.length} failing`);
	exit(failing.length === 0 && passing > 0 ? 0 : 1);
}
