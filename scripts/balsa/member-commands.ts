/** member: who belongs to the cluster, and the numbers that all members share. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { type Configuration, PRIORITY_MAX } from "../../core/configuration";
import { UNREACHABLE } from "../../core/reasons";
import { mixedLoopback, unusableAddress } from "../../core/replica/usable";
import { MEMBER_PORT } from "../switch/addresses";
import { Administration, type Priority } from "./administration";
import { addressNumber } from "./answers";
import { addConnectionOptions, type ConnectionOptions } from "./connection";
import { failureOf, refused, usage } from "./exit";
import { example } from "./help";
import { HostClient } from "./host-client";
import { membersJson, memberTable } from "./member-table";
import { type Life, lifeName, type Membership, type Newcomer, type Place } from "./membership";
import type { Output } from "./output";
import { integer, type MemberAddress, type MemberName, memberAddress, memberId, memberName } from "./parse";
import { resolveMember, type Target, targetOf } from "./target";

interface MemberOptions extends ConnectionOptions {
	json?: boolean;
}

interface NewcomerOptions extends MemberOptions {
	/** Its id means nothing. */
	address?: MemberAddress;
	witness?: boolean;
}

interface AddOptions extends NewcomerOptions {
	learner?: boolean;
}

interface SetOptions extends MemberOptions {
	lease?: number;
	quietAfter?: number;
	level?: number;
	priority?: Priority[];
}

/** A board may have much to copy. */
const TIMEOUT_MS = 60_000;
const LIST_TIMEOUT_MS = 10_000;
const STATUS_MS = 3000;
/** As the leader bounds it: shorter than the shortest election timeout, clocks apart as they may be. */
const leaseMs = integer(0, 60_000);
/** An hour. */
const quietMs = integer(0, 3_600_000);
const level = integer(1, 0xffff);
const priorityNumber = integer(0, PRIORITY_MAX);

/** ID=N, again and again. */
function priority(text: string, before: readonly Priority[] = []): Priority[] {
	const [id, number, ...rest] = text.split("=");
	if (number === undefined || rest.length > 0) throw new InvalidArgumentError("It must be ID=N.");
	return [...before, { id: memberId(id), priority: priorityNumber(number) }];
}

/** What a command works with. */
interface Hands {
	readonly administration: Administration;
	readonly client: HostClient;
	readonly target: Target;
}

/** Runs a command: its stages on stderr as they come, and at its end the members. */
async function run(
	options: MemberOptions,
	output: Output,
	work: (hands: Hands) => Promise<{ membership: Membership; done: string }>,
): Promise<void> {
	const target = await targetOf(options);
	const client = await HostClient.open({ ...target, timeoutMs: options.timeout });
	const stages: string[] = [];
	const stage = (text: string) => {
		stages.push(text);
		output.error(text);
	};
	try {
		const administration = new Administration(client, { timeoutMs: options.timeout, stage });
		const { done, membership } = await work({ administration, client, target });
		const warning = mixedLoopback(membership.configuration);
		if (warning !== "") output.error(`balsa: warning: ${warning}`);
		if (options.json) output.out(`${JSON.stringify({ done, stages, ...membersJson(membership) })}\n`);
		else output.out(`done: ${done}\n`);
	} finally {
		client.destroy();
	}
}

/** Finds out which life a newcomer is in, whether it is a witness, and where the others reach it. */
async function newcomer(name: MemberName, options: NewcomerOptions, { client, target }: Hands): Promise<Newcomer> {
	const { id } = name;
	const board = options.address === undefined ? target.boards?.find((candidate) => candidate.id === id) : undefined;
	if (options.address === undefined && target.boards !== undefined && board === undefined)
		throw refused(`NO_SUCH_BOARD: no board ${id} runs here: \`balsa node add ${id}\` starts one`);
	const named = target.members.find((member) => member.id === id);
	const where = options.address === undefined ? named : await resolveMember({ ...options.address, id });
	if (where === undefined) throw usage(`--address HOST:PORT says where member ${id} is`);
	client.learn(where);
	const isAsked = name.incarnation === undefined;
	const status = isAsked ? (await client.status(id, Math.min(STATUS_MS, options.timeout))).status : undefined;
	const incarnation = name.incarnation ?? status?.incarnation;
	if (incarnation === undefined)
		throw failureOf(
			UNREACHABLE,
			`${where.address}:${where.port} does not answer as member ${id} of this cluster: \`balsa format --join\` prepares it; ${id}.INCARNATION adds it without asking it`,
		);
	if (status !== undefined && options.witness && status.witness !== 1)
		throw refused(`NOT_A_WITNESS: ${lifeName({ id, incarnation })} was formatted to keep the state`);
	// What members know each other by is not how the host reaches emulated boards.
	const reached = board === undefined ? where : { address: board.virtualAddress, port: MEMBER_PORT };
	const problem = unusableAddress(addressNumber(reached.address), reached.port);
	if (problem !== "") throw usage(`BAD_ADDRESS: ${problem}`);
	const isWitness = options.witness === true || status?.witness === 1;
	return { id, incarnation, isWitness, address: addressNumber(reached.address), port: reached.port };
}

/** @param isLast of several lives the last is meant, else it must be said which */
async function memberOf({ administration }: Hands, name: MemberName, isLast: boolean): Promise<Life> {
	if (name.incarnation !== undefined) return { id: name.id, incarnation: name.incarnation };
	const lives = (await administration.page()).livesOf(name.id);
	if (lives.length === 0) throw refused(`NO_SUCH_MEMBER: ${name.id} is no member`);
	if (lives.length > 1 && !isLast)
		throw refused(`TWO_LIVES: say which: ${lives.map((life) => lifeName(life)).join(" or ")}`);
	return lives[lives.length - 1];
}

/** Who is to be replaced by `place`: of several lives, the one that is not it. */
async function replacedOf({ administration }: Hands, name: MemberName, place: Place): Promise<Life> {
	if (name.incarnation !== undefined) return { id: name.id, incarnation: name.incarnation };
	const lives = (await administration.page()).livesOf(name.id);
	const old = lives.find((life) => lifeName(life) !== lifeName(place));
	if (old !== undefined) return old;
	if (lives.length === 0) throw refused(`NO_SUCH_MEMBER: ${name.id} is no member`);
	throw refused(
		`SAME_LIFE: ${lifeName(place)} cannot take its own place: \`balsa node renew ${name.id}\` begins its next life`,
	);
}

const addressOption = () =>
	new Option(
		"--address <host:port>",
		"where the other members reach it; not needed for boards that run here",
	).argParser(memberAddress);

const witnessOption = () =>
	new Option(
		"--witness",
		"it is a witness: it votes and keeps no state. A node that is asked says so itself, and ID.INCARNATION is not asked",
	);

const STAGES = `
Stages stand on stderr as they come: learner, catching up 812/1024 (what it holds of the log), joint, done.
Who votes is changed only when a newcomer has caught up. A command that was interrupted may be typed again.`;

export function addMemberCommands(balsa: Command, output: Output): void {
	const member = balsa
		.command("member")
		.description("List, add, promote, remove and replace members of the cluster, and set what they share.")
		.addHelpText("after", example("member list", "member add 6", "member replace 2 6"));
	const command = (name: string, timeoutMs = TIMEOUT_MS) =>
		addConnectionOptions(member.command(name), timeoutMs).option("--json", "print one line of JSON at the end");

	command("list", LIST_TIMEOUT_MS)
		.description("Print the members as the leader knows them, and how far each has copied the log.")
		.addHelpText("after", example("member list", "member list --json"))
		.action(async (options: MemberOptions) => {
			const target = await targetOf(options);
			const client = await HostClient.open({ ...target, timeoutMs: options.timeout });
			try {
				const page = await new Administration(client, { timeoutMs: options.timeout, stage: () => {} }).page();
				output.out(options.json ? `${JSON.stringify(membersJson(page))}\n` : `${memberTable(page).join("\n")}\n`);
			} finally {
				client.destroy();
			}
		});

	command("add")
		.argument("<member>", "ID, or ID.INCARNATION, of a node that was formatted to join", memberName)
		.addOption(addressOption())
		.addOption(witnessOption())
		.option("--learner", "leave it a learner: it gets the log and does not vote; `promote` lets it vote later")
		.description("Add a node: it learns the log, and votes when it has caught up.")
		.addHelpText("after", `${STAGES}\n${example("member add 6", "member add 6 --address 192.168.1.16:7000")}`)
		.action((name: MemberName, options: AddOptions) =>
			run(options, output, async (hands) => {
				const place = await newcomer(name, options, hands);
				const added = await hands.administration.add(place);
				if (options.learner) return { membership: added, done: `${lifeName(place)} is a learner` };
				return {
					membership: await hands.administration.promote(place),
					done: `${lifeName(place)} votes`,
				};
			}),
		);

	command("promote")
		.argument("<member>", "ID, or ID.INCARNATION, of a learner", memberName)
		.description("Let a learner vote, when it has caught up.")
		.addHelpText("after", `${STAGES}\n${example("member promote 6")}`)
		.action((name: MemberName, options: MemberOptions) =>
			run(options, output, async (hands) => {
				const life = await memberOf(hands, name, true);
				return { membership: await hands.administration.promote(life), done: `${lifeName(life)} votes` };
			}),
		);

	command("remove")
		.argument("<member>", "ID, or ID.INCARNATION, of a member", memberName)
		.description(
			"Remove a member. One that leads hands over first. What it promised is over: it never comes back in this life.",
		)
		.addHelpText("after", example("member remove 6", "member remove 2.1"))
		.action((name: MemberName, options: MemberOptions) =>
			run(options, output, async (hands) => {
				const life = await memberOf(hands, name, false);
				return { membership: await hands.administration.remove(life), done: `${lifeName(life)} is no member any more` };
			}),
		);

	command("replace")
		.argument("<old>", "ID, or ID.INCARNATION, of a member, dead or alive", memberName)
		.argument(
			"<new>",
			"ID, or ID.INCARNATION, of a node that was formatted to join; may be the same id in its next life",
			memberName,
		)
		.addOption(addressOption())
		.addOption(witnessOption())
		.description(
			"Put a node in the place of a member: it learns the log, and then one comes and the other goes in one change.",
		)
		.addHelpText("after", `${STAGES}\n${example("member replace 2 6", "member replace 2 2")}`)
		.action((old: MemberName, name: MemberName, options: NewcomerOptions) =>
			run(options, output, async (hands) => {
				const place = await newcomer(name, options, hands);
				const life = await replacedOf(hands, old, place);
				const membership = await hands.administration.replace(life, place);
				return { membership, done: `${lifeName(place)} is in the place of ${lifeName(life)}` };
			}),
		);

	command("set")
		.addOption(
			new Option("--lease <ms>", "how long a leader serves reads without asking again, 0 for never").argParser(leaseMs),
		)
		.addOption(
			new Option("--quiet-after <ms>", "after so long without work heartbeats stop, 0 for never").argParser(quietMs),
		)
		.addOption(
			new Option(
				"--level <n>",
				"highest version of wire, commands and snapshots, which all members must speak; it never falls",
			).argParser(level),
		)
		.addOption(
			new Option(
				"--priority <member=n>",
				"members of the highest shall rather lead, 0 to 3; may be given several times",
			).argParser(priority),
		)
		.description("Set the numbers that all members share: they are a part of the replicated configuration.")
		.addHelpText("after", example("member set --quiet-after 1000", "member set --lease 0 --quiet-after 0"))
		.action((options: SetOptions) => {
			const numbers: Partial<Configuration> = {
				...(options.lease === undefined ? {} : { leaseMs: options.lease }),
				...(options.quietAfter === undefined ? {} : { quietAfterMs: options.quietAfter }),
				...(options.level === undefined ? {} : { level: options.level }),
			};
			const priorities = options.priority ?? [];
			const names = [
				...Object.entries(numbers).map(([name, value]) => `${name} ${value}`),
				...priorities.map(({ id, priority }) => `priority ${priority} of ${id}`),
			];
			if (names.length === 0) throw usage("nothing to set: --lease, --quiet-after, --level or --priority");
			return run(options, output, async ({ administration }) => {
				return { membership: await administration.set(numbers, priorities), done: names.join(", ") };
			});
		});
}
