/** put, get, delete, cas and range. */
import { type Command, Option } from "commander";
import { FOLLOWER, LOCAL } from "../../core/client/node-calls";
import { TIMEOUT_MS } from "../../core/client/timing";
import { CONFLICT, DONE, isRefusal } from "../../core/reasons";
import { AGE_UNKNOWN } from "../../core/wire/requests";
import { addConnectionOptions, type ConnectionOptions, withClient } from "./connection";
import { failureOf, usage } from "./exit";
import { example } from "./help";
import type { Answer, HostClient, Pair } from "./host-client";
import type { Output } from "./output";
import { bytesOf, hexOf, integer, memberId, textOf } from "./parse";
import { targetOf } from "./target";

interface KeyOptions extends ConnectionOptions {
	hex?: boolean;
	json?: boolean;
}

interface GetOptions extends KeyOptions {
	local?: boolean;
	follower?: boolean;
	from?: number;
	notBefore?: number;
}

/** Closing the session is a courtesy to the others; the command does not wait long for it. */
const CLOSE_TIMEOUT_MS = 1000;
const REVISION_MAX = 2 ** 48 - 1;
const revision = integer(0, REVISION_MAX);
const count = integer(1, 1_000_000);

/**
 * Writes under a session of its own and closes it, so that a thousand commands in a row leave no
 * session behind that would push out a board's idle one. After an unknown outcome it stays open:
 * the cluster does not answer, and closing would fence off the write that may yet happen.
 */
async function writeOnce(client: HostClient, write: Promise<Answer>): Promise<Answer> {
	const answer = await write;
	if (answer.reason === DONE || isRefusal(answer.reason)) await client.closeSession(CLOSE_TIMEOUT_MS);
	return answer;
}

function bytes(text: string, options: KeyOptions, what: string): Uint8Array {
	try {
		return bytesOf(text, options.hex === true, what);
	} catch (error) {
		throw usage((error as Error).message);
	}
}

function key(text: string, options: KeyOptions): Uint8Array {
	const result = bytes(text, options, "key");
	if (result.length === 0) throw usage("a key has at least one byte");
	return result;
}

function check(answer: Answer): void {
	if (answer.reason === CONFLICT && answer.modRevision > 0)
		throw failureOf(answer.reason, `the key is at revision ${answer.modRevision}`);
	if (answer.reason === CONFLICT) throw failureOf(answer.reason, "there is no such key");
	if (answer.reason !== DONE) throw failureOf(answer.reason);
}

function ageText(ageMs: number): string {
	return ageMs === AGE_UNKNOWN ? "of unknown age" : `leader heard ${ageMs} ms ago`;
}

function line(output: Output, value: object): void {
	output.out(`${JSON.stringify(value)}\n`);
}

/** @returns the bytes under their name, or as hexadecimal digits under `nameHex` when they are no UTF-8 text */
function field(name: string, value: Uint8Array, isHex: boolean): { [name: string]: string } {
	const text = isHex ? hexOf(value) : textOf(value);
	return text === undefined ? { [`${name}Hex`]: hexOf(value) } : { [name]: text };
}

function printWrite(output: Output, options: KeyOptions, answer: Answer): void {
	check(answer);
	const { revision, createRevision, modRevision, version } = answer;
	if (options.json) line(output, { revision, createRevision, modRevision, version });
	else output.out(`revision ${revision}\n`);
}

function printValue(output: Output, options: KeyOptions, name: string, answer: Answer): void {
	check(answer);
	const { revision, createRevision, modRevision, version } = answer;
	const isHex = options.hex === true;
	if (options.json)
		line(output, {
			key: name,
			...field("value", answer.value, isHex),
			revision,
			createRevision,
			modRevision,
			version,
			...(answer.index > 0 ? { index: answer.index, leaderAgeMs: answer.ageMs } : {}),
		});
	else output.out(Buffer.concat([isHex ? Buffer.from(hexOf(answer.value)) : answer.value, Buffer.from("\n")]));
}

function printPair(output: Output, options: KeyOptions, pair: Pair): void {
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
	else output.out(Buffer.concat([pair.key, Buffer.from("\t"), pair.value, Buffer.from("\n")]));
}

function addOptions(command: Command): Command {
	return addConnectionOptions(command, TIMEOUT_MS)
		.option("--hex", "keys and values are pairs of hexadecimal digits, given and printed; else they are UTF-8 text")
		.option("--json", "print the fields as JSON");
}

export function addKeyCommands(balsa: Command, output: Output): void {
	addOptions(balsa.command("put <key> <value>"))
		.description("Set a key. Prints the revision that the write made.")
		.addHelpText("after", example("put colour blue", "put --hex 00ff 0102", "put -- -key -value"))
		.action(async (name: string, text: string, options: KeyOptions) => {
			const [where, value] = [key(name, options), bytes(text, options, "value")];
			printWrite(output, options, await withClient(options, (client) => writeOnce(client, client.put(where, value))));
		});
	addOptions(balsa.command("get <key>"))
		.description("Print the value of a key, and a line end.")
		.option("--follower", "have one member serve it itself, linearizably")
		.option("--local", "have one member say what it has applied, however old; on stderr it says how old")
		.addOption(new Option("--from <member>", "id of that member; the first when left out").argParser(memberId))
		.addOption(
			new Option("--not-before <revision>", "wait until that member has reached this revision").argParser(revision),
		)
		.addHelpText("after", example("get colour", "get colour --json", "get colour --local --from 2"))
		.action(async (name: string, options: GetOptions) => {
			const where = key(name, options);
			if (options.local && options.follower) throw usage("a read is either --local or --follower");
			if (!options.local && !options.follower) {
				if (options.from !== undefined || options.notBefore !== undefined)
					throw usage("--from and --not-before go with --local or --follower");
				return printValue(output, options, name, await withClient(options, (client) => client.get(where)));
			}
			const how = options.local ? LOCAL : FOLLOWER;
			const member = options.from ?? (await targetOf(options)).members[0].id;
			const notBefore = options.notBefore ?? 0;
			const answer = await withClient(options, (client) => client.getFrom(member, how, where, notBefore));
			printValue(output, options, name, answer);
			if (!options.local || options.json) return;
			output.error(`member ${member}: revision ${answer.revision}, index ${answer.index}, ${ageText(answer.ageMs)}`);
		});
	addOptions(balsa.command("delete <key>"))
		.description("Delete a key. Prints the revision that the deletion made.")
		.addHelpText("after", example("delete colour"))
		.action(async (name: string, options: KeyOptions) => {
			const where = key(name, options);
			printWrite(output, options, await withClient(options, (client) => writeOnce(client, client.delete(where))));
		});
	addOptions(balsa.command("cas <key>").argument("<revision>", "the revision, 0 for no such key", revision))
		.argument("<value>")
		.description("Compare and set: set a key only if it was last changed at a revision; 0 means it must not exist.")
		.addHelpText("after", example("cas colour 7 green", "cas lock 0 mine"))
		.action(async (name: string, expected: number, text: string, options: KeyOptions) => {
			const [where, value] = [key(name, options), bytes(text, options, "value")];
			printWrite(
				output,
				options,
				await withClient(options, (client) => writeOnce(client, client.compareAndPut(where, expected, value))),
			);
		});
	addOptions(balsa.command("range [from] [to]"))
		.description("Print the keys from FROM up to, not including, TO: key, tab, value; without TO all that follow.")
		.option("--limit <pairs>", "most pairs", count)
		.addHelpText("after", example("range", "range a m --limit 10"))
		.action(async (from = "", to = "", options: KeyOptions & { limit?: number }) => {
			const [start, end] = [bytes(from, options, "key"), bytes(to, options, "key")];
			const answer = await withClient(options, (client) => client.range(start, end, options.limit ?? 0));
			check(answer);
			for (const pair of answer.pairs) printPair(output, options, pair);
		});
}
