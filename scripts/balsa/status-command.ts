/** status: one line for each member. */
import type { Command } from "commander";
import { statusName } from "../../core/journal/status";
import { LEADER } from "../../core/raft/role";
import { DONE, reasonName, UNREACHABLE } from "../../core/reasons";
import { roleName } from "../../core/status";
import { addConnectionOptions, type ConnectionOptions } from "./connection";
import { failureOf, refused } from "./exit";
import { HostClient, type HostMember, type Status, type StatusAnswer } from "./host-client";
import type { Output } from "./output";
import { leaderOf, pathNotes } from "./path-notes";
import { roleText } from "./role-text";
import { type Problem, problemsOf } from "./status-problems";
import { type Target, targetOf } from "./target";

const TIMEOUT_MS = 1500;
/** For the question to a node that does not run. */
const SILENT_MS = 1000;

interface StatusOptions extends ConnectionOptions {
	json?: boolean;
}

/** By column: its head and its text. The first and second stand left, the numbers right. */
const COLUMNS: readonly [string, (status: Status) => string][] = [
	// A node that does not run says why: UNFORMATTED, or what its journal's recovery found.
	["role", (status) => (status.journal > 0 ? statusName(status.journal) : roleText(status))],
	["term", (status) => String(status.term)],
	["commit", (status) => String(status.commitIndex)],
	["applied", (status) => String(status.appliedIndex)],
	["leader", (status) => (status.leader === 0 ? "-" : String(status.leader))],
	[
		"heap",
		(status) => (status.heapBytes > 0 ? `${Math.round((100 * status.heapUsedBytes) / status.heapBytes)}%` : "-"),
	],
	["packets", (status) => `${status.datagramsReceived}/${status.datagramsSent}`],
	["programs", (status) => String(status.flashPrograms)],
	["hash", (status) => status.stateHash?.toString(16).padStart(8, "0") ?? "-"],
];

/** @returns the table's lines, its head first; a member without an answer has the reason in place of its numbers */
export function statusTable(members: readonly HostMember[], answers: readonly StatusAnswer[]): string[] {
	const rows = [["node", ...COLUMNS.map(([head]) => head)]];
	members.forEach((member, i) => {
		const status = answers[i].status;
		const cells = status === undefined ? ["no answer"] : COLUMNS.map(([, text]) => text(status));
		rows.push([String(member.id), ...cells]);
	});
	const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
	return rows.map((row) =>
		row
			.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
			.join("  ")
			.trimEnd(),
	);
}

function jsonOf(member: HostMember, answer: StatusAnswer, problems: readonly Problem[]): object {
	const where = { id: member.id, address: `${member.address}:${member.port}` };
	const names = problems.filter(({ members }) => members.includes(member.id)).map(({ name }) => name);
	if (answer.status === undefined) return { ...where, error: reasonName(answer.reason), problems: names };
	const { journal, role } = answer.status;
	return { ...where, ...answer.status, role: roleName(role), journalStatus: statusName(journal), problems: names };
}

/** A node that does not run answers in cluster 0 only: members that are silent are asked there why. */
async function askSilent(
	target: Target,
	answers: readonly StatusAnswer[],
	timeoutMs: number,
): Promise<readonly StatusAnswer[]> {
	const silent = target.members.filter((_, i) => answers[i].status === undefined);
	if (silent.length === 0) return answers;
	const client = await HostClient.open({ clusterHigh: 0, clusterLow: 0, members: silent, timeoutMs });
	const reasons = await client.statuses().finally(() => client.destroy());
	return answers.map((answer, i) => {
		const reason = reasons[silent.indexOf(target.members[i])];
		// In cluster 0 a member that runs is silent: what answers there has stopped.
		return reason?.status === undefined ? answer : reason;
	});
}

/** Asks every member, and then the leader what it knows of the others. */
async function ask(client: HostClient) {
	const answers = await client.statuses();
	const leader = leaderOf(answers, (role) => role === LEADER);
	const peers = leader === 0 ? [] : (await client.peers(leader)).peers;
	return { answers, leader, peers };
}

export function addStatusCommand(balsa: Command, output: Output): void {
	addConnectionOptions(balsa.command("status"), TIMEOUT_MS)
		.description("Print one line for each member: what it is, how far it has come, what it has used.")
		.option("--json", "print one JSON array with all that the members say")
		.addHelpText(
			"after",
			`
Columns: packets are received/sent, programs are those of the flash, the hash is of the replicated state
(equal on members that applied the same index; a witness keeps no state). "single copy" says that of those who
keep the state the leader alone has all that is committed: while it is away, nobody serves.
A line below the table names a member that answers heartbeats and takes no entries: the path to it loses long datagrams.
A member that does not answer as one is asked why: a node whose flash is blank or damaged says so, and answers nothing else.
Exit code 1, with a line that says it: no member answers, nobody leads (NO_LEADER), two lead one term (TWO_LEADERS), or
members that applied the same index hold different states (STATES_DIFFER). In JSON each member has its "problems".

Example:
  balsa status --json`,
		)
		.action(async (options: StatusOptions) => {
			const target = await targetOf(options);
			const client = await HostClient.open({ ...target, timeoutMs: options.timeout });
			const { answers: asked, leader, peers } = await ask(client).finally(() => client.destroy());
			const answers = await askSilent(target, asked, Math.min(SILENT_MS, options.timeout));
			const problems = problemsOf(target.members.map(({ id }, i) => ({ id, status: answers[i].status })));
			if (options.json) {
				const members = target.members.map((member, i) =>
					member.id === leader
						? { ...jsonOf(member, answers[i], problems), peers }
						: jsonOf(member, answers[i], problems),
				);
				output.out(`${JSON.stringify(members, null, 2)}\n`);
			} else {
				const notes = problems.map(({ name, text }) => `${name}: ${text}`);
				output.out(`${[...statusTable(target.members, answers), ...pathNotes(leader, peers), ...notes].join("\n")}\n`);
			}
			if (answers.every((answer) => answer.reason !== DONE)) throw failureOf(UNREACHABLE);
			const [worst] = problems.filter(({ isOfCluster }) => isOfCluster);
			if (worst !== undefined) throw refused(`${worst.name}: ${worst.text}`);
		});
}
