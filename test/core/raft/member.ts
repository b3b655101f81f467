/** One node of a test's cluster: its disk, which is a record in memory, its state machine, its Raft. */
import { type Configuration, NOBODY } from "../../../core/configuration";
import {
	ENTRY_CONFIGURATION,
	ENTRY_HEADER_BYTES,
	ENTRY_WITHHELD,
	entryLength,
	entryTerm,
	entryType,
} from "../../../core/entry";
import { DATAGRAM_BYTES } from "../../../core/limits";
import { BUILD, type Build } from "../../../core/raft/levels";
import type { Raft } from "../../../core/raft/raft";
import { configurationText } from "./configurations";
import { ENCODING } from "./encoding";
import { WITHHELD, withheldState } from "./withheld";

/** The type of an entry that builds of the first level do not know. */
export const NEW_ENTRY = 4;

export interface Entry {
	term: number;
	bytes: Uint8Array;
}

export interface Snapshot {
	index: number;
	term: number;
	hash: number;
	bytes: Uint8Array;
	/** The configuration in force at its index, as it is encoded. */
	configuration: Uint8Array;
}

export interface StoredWrite {
	sequence: number;
	hardState: { term: number; votedFor: number } | undefined;
	firstIndex: number;
	entries: Entry[];
	lastIndex: number;
	lastTerm: number;
}

/** Turns an entry's bytes to text: `3:x` is a command "x" of term 3, `3:x*700` one of 700 bytes, `3:?` one that was withheld. */
export function entryText(bytes: Uint8Array, offset: number): string {
	const length = entryLength(bytes, offset);
	if (entryType(bytes, offset) === ENTRY_CONFIGURATION)
		return `${entryTerm(bytes, offset)}:${configurationText(bytes, offset + ENTRY_HEADER_BYTES, length)}`;
	if (entryType(bytes, offset) === ENTRY_WITHHELD) return `${entryTerm(bytes, offset)}:${WITHHELD}`;
	const payload = Buffer.from(bytes.subarray(offset + ENTRY_HEADER_BYTES, offset + ENTRY_HEADER_BYTES + length));
	const text = payload.toString("latin1");
	const shown = length > 30 && text === text[0].repeat(length) ? `${text[0]}*${length}` : text;
	return `${entryTerm(bytes, offset)}:${payload.length > 0 ? shown : "noop"}`;
}

export function hashOf(bytes: Uint8Array): number {
	let hash = 7;
	for (const byte of bytes) hash = (Math.imul(hash, 31) + byte) >>> 0;
	return hash;
}

/** One node: its disk survives a crash, its Raft does not. */
export class Member {
	raft!: Raft;
	running = false;
	build: Build = BUILD;
	/** The disk. */
	term = 0;
	votedFor = -1;
	baseIndex = 0;
	baseTerm = 0;
	entries: Entry[] = [];
	snapshot: Snapshot;
	/** The configuration in force at the last index applied, as it is encoded. */
	applied: Uint8Array;
	/** The state machine: all that was applied, as text, by index - 1. */
	state: string[] = [];
	/** While true, no write is taken; while `holdCompletion`, none that was taken is done. */
	holdWrites = false;
	holdCompletion = false;
	underWay: StoredWrite | undefined;
	/** A snapshot that comes in. */
	slot: number[] = [];
	readonly buffer = new Uint8Array(DATAGRAM_BYTES);
	/** Among all nodes of the test. */
	readonly place: number;
	readonly id: number;
	readonly incarnation: number;
	/** What it was formatted as. */
	readonly isWitness: boolean;

	/** @param configuration that the node was formatted with */
	constructor(place: number, id: number, incarnation: number, configuration: Configuration) {
		this.place = place;
		this.id = id;
		this.incarnation = incarnation;
		const bytes = new Uint8Array(1000);
		this.applied = bytes.slice(0, ENCODING.write(bytes, 0, bytes.length, configuration));
		this.isWitness = configuration.isWitnessAt(configuration.placeOfLife(id, incarnation));
		const state = this.isWitness ? withheldState(0, this.applied) : new Uint8Array(Buffer.from("[]"));
		this.snapshot = { index: 0, term: 0, hash: hashOf(state), bytes: state, configuration: this.applied };
	}

	/** Another build; the next level has one more type of entry. */
	speak(lowest: number, highest: number): void {
		const entryLevels = highest > 1 ? [...BUILD.entryLevels, 2] : BUILD.entryLevels;
		this.build = { lowest, highest, entryLevels };
		this.raft.change.levels.build = this.build;
	}

	/** The id of who stands at a place of this node, as text; a later life than the first is in it. */
	nameAt(place: number): string {
		if (place === NOBODY) return "0";
		const { ids, incarnations } = this.raft.places;
		return incarnations[place] === 1 ? String(ids[place]) : `${ids[place]}.${incarnations[place]}`;
	}

	/** The entry at an index as text, from RAM or disk. */
	entryAt(index: number): string {
		const log = this.raft.log;
		if (index >= log.firstCached) return entryText(log.bytes, log.startOf(index));
		return entryText(this.entries[index - this.baseIndex - 1].bytes, 0);
	}

	logText(): string {
		const texts: string[] = [];
		for (let index = this.raft.log.baseIndex + 1; index <= this.raft.log.lastIndex; index++) {
			texts.push(this.entryAt(index));
		}
		return texts.join(" ");
	}
}
