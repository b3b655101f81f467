/**
 * Levels: which messages, entries, commands and snapshots a build speaks, from its lowest to its highest.
 * The cluster's level is in the configuration, and nobody sends, proposes or writes anything above it; so a
 * cluster of mixed builds works at the level of the oldest, and is updated one node after another.
 *
 *   node 1   speaks 1 … 2      the configuration says 1: all speak 1
 *   node 2   speaks 1          raised to 2 now, node 2 would have to stop
 *   node 3   speaks 1 … 2
 *
 * Before a leader raises it, every member must have said that it speaks what comes. It is asked anew for each
 * raise: a node may be restarted with an older build at any time, and what it said before means nothing then.
 */
import { DONE, LEVEL_NOT_SPOKEN, NOT_READY } from "../reasons";
import { advanceDraft } from "./change";
import {
	LEVELS,
	LEVELS_ASKS,
	LEVELS_HIGHEST,
	LEVELS_LOWEST,
	LEVELS_QUESTION,
	type Message,
	QUESTION_MAX,
} from "./messages";
import type { Raft } from "./raft";
import { ignore } from "./receive";
import { LEADER } from "./role";
import { NO_PEER } from "./witness";

/** What a build speaks. */
export interface Build {
	readonly lowest: number;
	readonly highest: number;
	/** By type of entry: the level from which on there is one. */
	readonly entryLevels: readonly number[];
}

/** Of a type that nobody proposes: what stands for a command at a witness. */
const NEVER = Infinity;

/** This one: no-ops, commands and configurations of core/entry.ts are of the first level. */
export const BUILD: Build = Object.freeze({ lowest: 1, highest: 1, entryLevels: Object.freeze([1, 1, 1, NEVER]) });

/** Releases that a build may be behind. A configuration of a level beyond that is none, and stops nobody. */
export const LEVELS_AHEAD = 64;

/** Every build speaks it: whoever speaks no other has nothing to say. */
export const FIRST_LEVEL = 1;

/** Of who has said nothing. */
const UNKNOWN = 0;

/** True if a build speaks a level. */
export function speaks(build: Build, level: number): boolean {
	return level >= build.lowest && level <= build.highest;
}

export class Levels {
	/** What this node speaks. */
	build: Build = BUILD;
	/** Leader: number of the last question in its term, 0 before the first; and when it was asked. */
	question = 0;
	askedMs = 0;
	/** Leader: true until all have answered the last question, or have had their time. */
	isAsking = false;
	/** Leader: a bit by place of who has answered it. */
	private answered = 0;
	/** What each has said last, by place; the highest is 0 where nothing was said. */
	private readonly lows: Uint32Array;
	private readonly highs: Uint32Array;

	constructor(places: number) {
		this.lows = new Uint32Array(places);
		this.highs = new Uint32Array(places);
	}

	/** @returns the highest level that is known of who stands at a place, or 0 */
	highestOf(node: Raft, place: number): number {
		return place === node.self ? this.build.highest : this.highs[place];
	}

	/** True if who stands at a place has said that it does not speak a level. */
	lacks(place: number, level: number): boolean {
		return this.highs[place] !== UNKNOWN && (this.highs[place] < level || this.lows[place] > level);
	}

	hasAnswered(place: number): boolean {
		return (this.answered & (1 << place)) !== 0;
	}

	/** A leader's term begins: what was said to another, or in another term, is no answer to it. */
	reset(): void {
		this.question = 0;
		this.isAsking = false;
		this.answered = 0;
		this.highs.fill(UNKNOWN);
	}

	/** Somebody else may stand at a place from now on. */
	vacated(place: number): void {
		this.answered &= ~(1 << place);
		this.highs[place] = UNKNOWN;
	}

	/** Begins the next question: what was answered to those before counts no more. Heartbeats ask it. */
	ask(nowMs: number): void {
		this.question = this.question < QUESTION_MAX ? this.question + 1 : 1;
		this.askedMs = nowMs;
		this.isAsking = true;
		this.answered = 0;
	}

	/**
	 * Who stands at a place has said what it speaks.
	 * @param question that it answers; 0 for none
	 */
	said(place: number, question: number, lowest: number, highest: number): void {
		// A late answer, or what was said unasked, may be of before the node was restarted with another build: it
		// counts for no raise, and never in place of an answer that does.
		if (question !== this.question && (question > 0 || this.isAsking)) return;
		this.lows[place] = lowest;
		this.highs[place] = highest;
		if (question > 0) this.answered |= 1 << place;
	}
}

/** True if a leader of this build, in a cluster of this level, may propose entries of a type. */
export function hasEntries(node: Raft, type: number): boolean {
	const { entryLevels } = node.change.levels.build;
	return type < entryLevels.length && entryLevels[type] <= node.configuration.level;
}

/**
 * Whether all whom the leader sends its log to have answered its question, and that they speak a level.
 * @returns DONE; LEVEL_NOT_SPOKEN when one does not, or none asks any more; NOT_READY while answers are awaited
 */
export function judgeAnswers(node: Raft, level: number): number {
	const { levels } = node.change;
	let isMissing = false;
	for (let place = 0; place < node.places.count; place++) {
		if (node.peer[place] === NO_PEER) continue;
		if (!levels.hasAnswered(place)) isMissing = true;
		else if (levels.lacks(place, level)) return LEVEL_NOT_SPOKEN;
	}
	if (!isMissing) return DONE;
	return levels.isAsking ? NOT_READY : LEVEL_NOT_SPOKEN;
}

/** With a heartbeat: asks those who have not answered, for as long as nodes wait for a leader. */
export function askLevels(node: Raft): void {
	const { levels } = node.change;
	const isLate = node.nowMs - levels.askedMs > node.configuration.electionMsMax;
	levels.isAsking = false;
	for (let place = 0; place < node.places.count && !isLate; place++) {
		if (node.peer[place] === NO_PEER || levels.hasAnswered(place)) continue;
		levels.isAsking = true;
		sayLevels(node, place, levels.question, 1);
	}
	advanceDraft(node);
}

/** A follower has found its leader. It says what it speaks once, for people to see; before it matters it is asked. */
export function announceLevels(node: Raft, leader: number): void {
	if (node.change.levels.build.highest > FIRST_LEVEL) sayLevels(node, leader, 0, 0);
}

function sayLevels(node: Raft, receiver: number, question: number, asks: number): void {
	const { build } = node.change.levels;
	const { fields } = node.outbox;
	const row = node.outbox.openAnswer(LEVELS, receiver, node.term, node.persistence.afterTerm());
	fields[row + LEVELS_QUESTION] = question;
	fields[row + LEVELS_LOWEST] = build.lowest;
	fields[row + LEVELS_HIGHEST] = build.highest;
	fields[row + LEVELS_ASKS] = asks;
}

/** @param message of the node's own term: what a leader asks, or is told */
export function onLevels(node: Raft, message: Message): void {
	const { fields, sender } = message;
	const question = fields[LEVELS_QUESTION];
	const lowest = fields[LEVELS_LOWEST];
	const highest = fields[LEVELS_HIGHEST];
	if (lowest < FIRST_LEVEL || highest < lowest || highest > node.change.levels.build.highest + LEVELS_AHEAD) {
		ignore(node, message);
		return;
	}
	if (fields[LEVELS_ASKS] === 1) {
		if (node.role !== LEADER) sayLevels(node, sender, question, 0);
		return;
	}
	if (node.role !== LEADER || node.peer[sender] === NO_PEER) return;
	node.change.levels.said(sender, question, lowest, highest);
	advanceDraft(node);
}
