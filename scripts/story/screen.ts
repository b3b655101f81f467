/** The screen of `npm start`: what each member is, what happened, and what to type next. */

import { LEADER } from "../../core/raft/role";
import type { HostMember, Status, StatusAnswer } from "../balsa/host-client";
import { roleText } from "../balsa/role-text";
import type { MemberState } from "../cluster/state";

export interface MemberView extends HostMember {
	readonly state: MemberState;
	readonly answer: StatusAnswer;
}

export interface View {
	readonly members: readonly MemberView[];
	/** The last is the newest. */
	readonly events: readonly string[];
	/** As people see it. */
	readonly folder: string;
}

export interface Size {
	readonly columns: number;
	readonly rows: number;
	readonly hasColors: boolean;
}

/** Heads, widths and texts of the table; the widths stay, so that nothing jumps. */
const COLUMNS: readonly [string, number, (status: Status) => string][] = [
	["term", 6, (status) => String(status.term)],
	["commit", 8, (status) => String(status.commitIndex)],
	["applied", 8, (status) => String(status.appliedIndex)],
	["leader", 7, (status) => (status.leader === 0 ? "-" : String(status.leader))],
	["heap", 5, (status) => `${Math.round((100 * status.heapUsedBytes) / status.heapBytes)}%`],
	["packets", 16, (status) => `${status.datagramsReceived}/${status.datagramsSent}`],
	["programs", 9, (status) => String(status.flashPrograms)],
];
const ROLE_WIDTH = 13;

const LINES_BESIDE_EVENTS = 17;
const EVENTS_MIN = 3;
/** Select Graphic Rendition (ECMA-48 §8.3.117). */
const BOLD = "\u001b[1m";
const RED = "\u001b[31m";
const PLAIN = "\u001b[0m";

/** In the place of the numbers of a member that is not asked. */
const STATE_WORDS: { readonly [state in MemberState]: string } = Object.freeze({
	running: "no answer",
	host: "no answer (runs on the host)",
	off: "off: no power",
	paused: "paused: its process stands still",
	frozen: "frozen: its clock stands still",
});

/** @returns the member that leads the latest term, of those that answer */
export function leaderOf(members: readonly MemberView[]): MemberView | undefined {
	let found: MemberView | undefined;
	for (const member of members) {
		const { status } = member.answer;
		if (status?.role === LEADER && status.term > (found?.answer.status?.term ?? 0)) found = member;
	}
	return found;
}

/** @returns one sentence: who leads, and how many take part */
export function summary(members: readonly MemberView[]): string {
	const leader = leaderOf(members);
	const answering = members.filter((member) => member.answer.status !== undefined).length;
	const present = `${answering} of ${members.length} answer`;
	if (leader === undefined) return `no leader; ${present}.`;
	const { commitIndex, singleCopy, term } = leader.answer.status ?? {};
	const copy = singleCopy === 1 ? ", which nobody else keeps (single copy)" : "";
	return `board ${leader.id} leads term ${term}, committed up to entry ${commitIndex}${copy}; ${present}.`;
}

/** What can be typed; the examples use the leader, because its loss is the most interesting. */
export function whatToType(leader: number): string[] {
	return [
		"Type in another terminal, in this folder:",
		"  npx balsa put hello world      npx balsa get hello        npx balsa status",
		`  npx balsa node kill ${leader}          npx balsa node start ${leader}     npx balsa --help`,
		`  npx balsa net isolate ${leader}        npx balsa net heal`,
	];
}

/** @param folder that keeps what the boards hold */
export function closingLine(folder: string): string {
	return `Ctrl-C ends the boards. Their flash stays in ${folder} for the next start.`;
}

/** @returns at most `rows - 1` lines of at most `columns` characters; a screen that is too low loses its end */
export function screen(view: View, size: Size): string[] {
	const { members, events } = view;
	// A terminal that does not know its size has 0 of both (a serial line, a container's).
	const rows = size.rows || 24;
	const columns = size.columns || 80;
	const leader = leaderOf(members);
	const room = Math.max(EVENTS_MIN, rows - LINES_BESIDE_EVENTS);
	const recent = events.slice(-room);
	const lines: [string, (string | undefined)?][] = [
		[`Balsa: ${summary(members)}`, BOLD],
		[""],
		[HEAD],
		...members.map((member): [string, (string | undefined)?] => [rowOf(member), styleOf(member, leader)]),
		[""],
		["What happened:"],
		...recent.map((event): [string] => [`  ${event}`]),
		...Array.from({ length: room - recent.length }, (): [string] => [""]),
		[""],
		...whatToType(leader?.id ?? members[0].id).map((line): [string] => [line]),
		[closingLine(view.folder)],
	];
	return lines.slice(0, rows - 1).map(([line, style]) => {
		const cut = line.slice(0, columns);
		return style === undefined || !size.hasColors ? cut : `${style}${cut}${PLAIN}`;
	});
}

const HEAD = `node ${"role".padEnd(ROLE_WIDTH)}${COLUMNS.map(([head, width]) => head.padStart(width)).join("")}`;

function rowOf({ answer: { status }, id, state }: MemberView): string {
	const node = String(id).padEnd(5);
	if (status === undefined) return node + STATE_WORDS[state];
	const numbers = COLUMNS.map(([, width, text]) => text(status).padStart(width)).join("");
	return node + roleText(status).split(",")[0].padEnd(ROLE_WIDTH) + numbers;
}

function styleOf(member: MemberView, leader: MemberView | undefined): string | undefined {
	if (member.answer.status === undefined) return RED;
	return member === leader ? BOLD : undefined;
}

/** @returns the whole cluster in one line, for where there is no screen */
export function statusLine(members: readonly MemberView[]): string {
	const each = members.map(({ answer, id, state }) => {
		if (answer.status === undefined) return `${id}: ${state === "running" ? "no answer" : state}`;
		return `${id}: ${answer.status.appliedIndex}`;
	});
	return `${summary(members)} Applied ${each.join(", ")}`;
}
