import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as commands from "../../../core/command";
import * as kinds from "../../../core/raft/messages";
import * as requests from "../../../core/wire/requests";
import { KINDS, LAYOUTS } from "../../../core/wire/schema";
import { SAMPLES } from "./samples";

const CDDL = readFileSync(new URL("../../../core/wire/messages.cddl", import.meta.url), "utf8");
const CODE = CDDL.replace(/;.*$/gm, "");

interface Field {
	readonly name: string;
	readonly type: string;
}

/** The rules of the form `name = [ field: type, … ]`; nested arrays stay one field. */
function arrayRules(): Map<string, Field[]> {
	const rules = new Map<string, Field[]>();
	for (const rule of CODE.matchAll(/^([a-z-]+)\s*=\s*\[((?:[^[\]]|\[[^\]]*\])*)\]/gm))
		rules.set(
			rule[1],
			rule[2]
				.split(",")
				.map((field) => field.trim())
				.filter((field) => field !== "")
				.map((field) => ({ name: field.split(":")[0].trim(), type: field.split(":")[1]?.trim() ?? "" })),
		);
	return rules;
}

/** Largest value of each integer type, from the text itself. */
function largest(type: string): number {
	if (/^\d+$/.test(type)) return Number(type);
	const range = CODE.match(new RegExp(`^${type}\\s*=\\s*0\\.\\.(\\d+)`, "m"));
	if (range !== null) return Number(range[1]);
	const choice = CODE.match(new RegExp(`^${type}\\s*=\\s*(\\d+(?:\\s*/\\s*\\d+)*)`, "m"));
	assert.ok(choice !== null, `the type ${type} has no rule`);
	return Math.max(...choice[1].split("/").map(Number));
}

const rules = arrayRules();
const messages = [...rules].filter(([, fields]) => fields[0].name === "kind");
const kindsInCode = Object.keys(LAYOUTS).map(Number);

describe("core/wire/messages.cddl", () => {
	it("has one rule for each kind in the code, and none else", () => {
		const kindsInText = messages.map(([, fields]) => Number(fields[0].type));
		assert.deepEqual([...kindsInText].sort(), [...kindsInCode].sort());
		assert.ok(Math.max(...kindsInText) < KINDS);
		assert.deepEqual(new Set(SAMPLES.map((sample) => sample.integers[0])), new Set(kindsInCode), "a sample of each");
	});

	it("names the kinds as the code does", () => {
		const inCode = new Map<string, unknown>(Object.entries({ ...kinds, ...requests }));
		for (const [name, fields] of messages)
			assert.equal(inCode.get(name.toUpperCase().replaceAll("-", "_")), Number(fields[0].type), name);
		for (const kind of [kinds.FETCH_REQUEST, kinds.FETCH_RESPONSE]) {
			assert.equal(LAYOUTS[kind], undefined);
			assert.match(CDDL, new RegExp(`^;\\s+${kind}\\s`, "m"), `kind ${kind} is not reserved in the text`);
		}
	});

	for (const [name, fields] of messages)
		it(`gives ${name} the fields that the code gives it`, () => {
			const { bits, strings } = LAYOUTS[Number(fields[0].type)];
			const integers = fields.filter((field) => field.type !== "bstr");
			assert.equal(integers.length, bits.length);
			assert.equal(fields.length - integers.length, strings);
			assert.ok(
				fields.slice(integers.length).every((field) => field.type === "bstr"),
				"strings come last",
			);
			for (let column = 1; column < bits.length; column++)
				assert.equal(2 ** bits[column] - 1, largest(fields[column].type), fields[column].name);
		});

	it("gives the columns that handlers read the names of the fields", () => {
		const inCode = new Map<string, unknown>(Object.entries({ ...kinds, ...requests }));
		const columns: [string, string][] = [
			["pre-vote-request", "PRE_VOTE"],
			["pre-vote-response", "PRE_VOTE_RESPONSE"],
			["vote-request", "VOTE"],
			["vote-response", "VOTE_RESPONSE"],
			["append-request", "APPEND"],
			["append-response", "APPEND_RESPONSE"],
			["snapshot-request", "SNAPSHOT"],
			["snapshot-response", "SNAPSHOT_RESPONSE"],
			["timeout-now", "TIMEOUT_NOW"],
			["transfer-vote-request", "TRANSFER_VOTE"],
			["read-index-request", "READ_INDEX"],
			["quiet-request", "QUIET_REQUEST"],
			["quiet-response", "QUIET_RESPONSE"],
			["read-index-response", "READ_INDEX_RESPONSE"],
			["hello", "HELLO"],
			["levels", "LEVELS"],
			["request", "REQUEST"],
			["response", "RESPONSE"],
			["read-request", "READ_REQUEST"],
			["read-response", "READ_RESPONSE"],
		];
		const common = new Set(["kind", "term", "nonce-high", "nonce-low", "request"]);
		for (const [rule, prefix] of columns)
			rules.get(rule)!.forEach(({ name, type }, column) => {
				if (type === "bstr" || (common.has(name) && column < 4)) return;
				const own = `${name.toUpperCase().replaceAll("-", "_")}`;
				// Most columns of a read-response are those of a response.
				const found =
					inCode.get(`${prefix}_${own}`) ?? (prefix === "READ_RESPONSE" ? inCode.get(`RESPONSE_${own}`) : undefined);
				assert.equal(found, column, `${rule}: ${name}`);
			});
		for (const [rule, prefix] of [["status-response", "STATUS_RESPONSE"], ...columns]) {
			const columnsInCode = inCode.get(`${rule.toUpperCase().replaceAll("-", "_")}_COLUMNS`);
			assert.equal(columnsInCode, rules.get(rule)!.filter((field) => field.type !== "bstr").length, prefix);
		}
	});

	it("has a rule for each command", () => {
		const operations: [string, number][] = [
			["register", commands.REGISTER],
			["put", commands.PUT],
			["delete", commands.DELETE],
			["compare-and-put", commands.COMPARE_AND_PUT],
			["close", commands.CLOSE],
		];
		for (const [name, operation] of operations) {
			const fields = rules.get(name)!;
			const command = new commands.Command();
			command.operation = operation;
			command.sequence = 1;
			const bytes = new Uint8Array(64);
			const end = command.write(bytes, 0, 64, bytes, bytes);
			assert.equal(fields[0].type, String(operation), name);
			assert.equal(bytes[0], 0x80 + fields.length, name);
			assert.equal(bytes.slice(0, end).filter((byte) => byte === 0x40).length, strings(fields), name);
		}
	});
});

function strings(fields: readonly Field[]): number {
	return fields.filter((field) => field.type === "bstr").length;
}
