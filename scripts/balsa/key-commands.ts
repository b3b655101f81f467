/** put, get, delete, cas and range. */
import { type Command, Option } from "commander";
import { FOLLOWER, LOCAL } from "../../core/client/node-calls";
import { TIMEOUT_MS } from "../../core/client/timing";
import { DONE, isRefusal, NOT_LEADER, VALUE_TOO_LARGE } from "../../core/reasons";
import { addConnectionOptions, type ConnectionOptions, withClient } from "./connection";
import { failureOf, usage } from "./exit";
import { example } from "./help";
import type { Answer, HostClient } from "./host-client";
import { type Input, readAll } from "./input";
import { check, type PrintOptions, printMore, printPair, printValue, printWrite } from "./key-output";
import type { Output } from "./output";
import { bytesOf, integer, memberId } from "./parse";
import { targetOf } from "./target";

interface KeyOptions extends ConnectionOptions, PrintOptions {}

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

/** Of a value on stdin: the largest that any cluster takes. */
const INPUT_BYTES_MAX = 65_535;
/** In the place of a value: it comes on stdin. */
const STDIN = "-";

/** @param text undefined or "-": the value is what stdin has, as it is; with --hex, its hexadecimal digits */
async function valueFrom(text: string | undefined, options: KeyOptions, input: Input): Promise<Uint8Array> {
	if (text !== undefined && text !== STDIN) return bytes(text, options, "value");
	if (text === undefined && input.isTerminal)
		throw usage("no value: give one, pipe one in, or type one after `-`, ended by Ctrl-D");
	// Two digits a byte, and line ends between them.
	const most = options.hex ? 4 * INPUT_BYTES_MAX : INPUT_BYTES_MAX;
	const found = await readAll(input, most);
	if (found === undefined)
		throw failureOf(VALUE_TOO_LARGE, `stdin has more than ${most} bytes, which no cluster takes`);
	return options.hex ? bytes(Buffer.from(found).toString("latin1").replace(/\s/g, ""), options, "value") : found;
}

const NO_FOLLOWER =
	"the member does not follow a leader, so it cannot tell whether its state is the latest: it may have been removed, or be cut off. Read from another member, or without --follower; `balsa member list` tells who belongs to the cluster";

const STDIN_HELP = `
Without a value, or with -, the value is what stdin has, byte for byte (a line end at its end too).
To store a dash: printf - | balsa put key`;

function addOptions(command: Command): Command {
	return addConnectionOptions(command, TIMEOUT_MS)
		.option("--hex", "keys and values are pairs of hexadecimal digits, given and printed; else they are UTF-8 text")
		.option("--json", "print the fields as JSON");
}

export function addKeyCommands(balsa: Command, output: Output, input: Input): void {
	addOptions(balsa.command("put <key> [value]"))
		.description("Set a key. Prints the revision that the write made.")
		.addHelpText(
			"after",
			`${STDIN_HELP}\n${example("put colour blue", "put picture < picture.bin", "put --hex 00ff 0102", "put -- -key -value")}`,
		)
		.action(async (name: string, text: string | undefined, options: KeyOptions) => {
			const [where, value] = [key(name, options), await valueFrom(text, options, input)];
			printWrite(output, options, await withClient(options, (client) => writeOnce(client, client.put(where, value))));
		});
	addOptions(balsa.command("get <key>"))
		.description("Print the value of a key, and a line end.")
		.option("--follower", "have one member serve it itself, linearizably")
		.option(
			"--local",
			"have one member say what it has applied, however old; on stderr it says how old, a missing key too",
		)
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
				return printValue(output, options, name, await withClient(options, (client) => client.get(where)), false);
			}
			const how = options.local ? LOCAL : FOLLOWER;
			const member = options.from ?? (await targetOf(options)).members[0].id;
			const notBefore = options.notBefore ?? 0;
			const answer = await withClient(options, (client) => client.getFrom(member, how, where, notBefore));
			if (answer.reason === NOT_LEADER && options.follower) throw failureOf(NOT_LEADER, NO_FOLLOWER);
			printValue(output, options, name, answer, options.local === true);
		});
	addOptions(balsa.command("delete <key>"))
		.description("Delete a key. Prints the revision that the deletion made.")
		.addHelpText("after", example("delete colour"))
		.action(async (name: string, options: KeyOptions) => {
			const where = key(name, options);
			printWrite(output, options, await withClient(options, (client) => writeOnce(client, client.delete(where))));
		});
	addOptions(balsa.command("cas <key>").argument("<revision>", "the revision, 0 for no such key", revision))
		.argument("[value]")
		.description("Compare and set: set a key only if it was last changed at a revision; 0 means it must not exist.")
		.addHelpText("after", `${STDIN_HELP}\n${example("cas colour 7 green", "cas lock 0 mine")}`)
		.action(async (name: string, expected: number, text: string | undefined, options: KeyOptions) => {
			const [where, value] = [key(name, options), await valueFrom(text, options, input)];
			printWrite(
				output,
				options,
				await withClient(options, (client) => writeOnce(client, client.compareAndPut(where, expected, value))),
			);
		});
	addOptions(balsa.command("range [from] [to]"))
		.description("Print the keys from FROM up to, not including, TO: key, tab, value; without TO all that follow.")
		.option("--limit <pairs>", "most pairs", count)
		.addHelpText(
			"after",
			`
Each pair is one line: in keys and values a backslash is \\\\, a tab \\t, a line end \\n, a carriage return \\r, and
any other control byte, and a byte that is no UTF-8, \\xHH. --hex and --json have their own forms.
When a limit leaves some out, a line on stderr says so, and with --json a last line: {"more":true,"nextHex":…}.
${example("range", "range a m --limit 10")}`,
		)
		.action(async (from = "", to = "", options: KeyOptions & { limit?: number }) => {
			const [start, end] = [bytes(from, options, "key"), bytes(to, options, "key")];
			const answer = await withClient(options, (client) => client.range(start, end, options.limit ?? 0));
			check(answer);
			for (const pair of answer.pairs) printPair(output, options, pair);
			printMore(output, options, answer);
		});
}
