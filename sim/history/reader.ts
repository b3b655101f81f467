/** Reads a history that was written as JSON lines, and believes nothing of it (docs/history-format.md). */
import type { Answer, Operation, Pair } from "./history";

const OPERATIONS = ["put", "get", "delete", "compareAndPut", "range"];
const OUTCOMES = ["done", "refused", "unknown"];

type Fields = { readonly [name: string]: unknown };

/**
 * @param text one operation a line; empty lines are skipped
 * @returns the operations in the order of the lines
 * @throws Error that names the line and the field which is not as it must be
 */
export function readHistory(text: string): Operation[] {
	const operations: Operation[] = [];
	const lines = text.split("\n");
	for (let i = 0; i < lines.length; i++) {
		if (lines[i].trim() === "") continue;
		try {
			operations.push(readOperation(JSON.parse(lines[i])));
		} catch (error) {
			throw new Error(`line ${i + 1}: ${error instanceof Error ? error.message : String(error)}`);
		}
	}
	return operations;
}

function readOperation(line: unknown): Operation {
	const fields = object(line, "the line");
	const returned = fields["returned"] === null ? null : integer(fields, "returned");
	const called = integer(fields, "called");
	check(returned === null || returned > called, "returned is not after called");
	const outcome = name(fields, "outcome", OUTCOMES);
	check(returned !== null || outcome === "unknown", "an outcome that is known without a return");
	const answer = fields["answer"] === null ? null : readAnswer(object(fields["answer"], "answer"));
	check((answer !== null) === (outcome === "done"), "an answer goes with the outcome done, and no other");
	return {
		id: integer(fields, "id"),
		client: integer(fields, "client"),
		operation: name(fields, "operation", OPERATIONS) as Operation["operation"],
		key: hex(fields, "key"),
		to: hex(fields, "to"),
		limit: integer(fields, "limit"),
		value: hexOrNull(fields, "value"),
		expected: integer(fields, "expected"),
		call: number(fields, "call"),
		called,
		return: fields["return"] === null ? null : number(fields, "return"),
		returned,
		outcome: outcome as Operation["outcome"],
		reason: string(fields, "reason"),
		answer,
	};
}

function readAnswer(fields: Fields): Answer {
	const pairs = fields["pairs"];
	check(Array.isArray(pairs), "pairs is no array");
	return {
		revision: integer(fields, "revision"),
		found: boolean(fields, "found"),
		value: hexOrNull(fields, "value"),
		createRevision: integer(fields, "createRevision"),
		modRevision: integer(fields, "modRevision"),
		version: integer(fields, "version"),
		pairs: (pairs as unknown[]).map((pair) => readPair(object(pair, "a pair"))),
		more: boolean(fields, "more"),
	};
}

function readPair(fields: Fields): Pair {
	return {
		key: hex(fields, "key"),
		value: hex(fields, "value"),
		createRevision: integer(fields, "createRevision"),
		modRevision: integer(fields, "modRevision"),
		version: integer(fields, "version"),
	};
}

function check(condition: boolean, message: string): void {
	if (!condition) throw new Error(message);
}

function object(value: unknown, what: string): Fields {
	check(typeof value === "object" && value !== null && !Array.isArray(value), `${what} is no object`);
	return value as Fields;
}

function number(fields: Fields, field: string): number {
	const value = fields[field];
	check(typeof value === "number" && value >= 0, `${field} is no number from 0`);
	return value as number;
}

function integer(fields: Fields, field: string): number {
	const value = number(fields, field);
	check(Number.isSafeInteger(value), `${field} is no integer`);
	return value;
}

function string(fields: Fields, field: string): string {
	const value = fields[field];
	check(typeof value === "string", `${field} is no string`);
	return value as string;
}

function hex(fields: Fields, field: string): string {
	const value = string(fields, field);
	check(/^([0-9a-f]{2})*$/.test(value), `${field} is not in lower-case hex`);
	return value;
}

function hexOrNull(fields: Fields, field: string): string | null {
	return fields[field] === null ? null : hex(fields, field);
}

function boolean(fields: Fields, field: string): boolean {
	const value = fields[field];
	check(typeof value === "boolean", `${field} is no boolean`);
	return value as boolean;
}

function name(fields: Fields, field: string, names: readonly string[]): string {
	const value = string(fields, field);
	check(names.includes(value), `${field} is none of ${names.join(", ")}`);
	return value;
}
