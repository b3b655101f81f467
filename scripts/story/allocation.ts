/**
 * What boards allocate while they work: in steady state nothing at all, neither for an entry nor for
 * a message, so that nothing ever has to be collected.
 */
import type { Status } from "../balsa/host-client";
import { MEMBERS } from "../local-cluster";
import { Boards, type Statuses } from "./boards";
import { expect } from "./expect";
import { openWriters, sum, type Writer } from "./writer";

export interface AllocationOptions {
	readonly firmware: string;
	/** To be committed between the two readings. */
	readonly entries: number;
	/** Told of the boards as soon as there are some. */
	readonly booted: (boards: Boards) => void;
}

/** What one board did and took between the two readings. */
export interface BoardReport {
	readonly id: number;
	readonly entries: number;
	readonly messages: number;
	readonly snapshots: number;
	readonly flashErases: number;
	readonly slots: number;
	readonly chunkBytes: number;
	readonly collections: number;
}

export interface AllocationReport {
	readonly entries: number;
	readonly reads: number;
	readonly milliseconds: number;
	readonly boards: readonly BoardReport[];
}

const WRITERS = 8;
const KEYS_OF_A_WRITER = 12;
/** More than core/limits.ts has between two snapshots, so that each board has taken one. */
const WARM_UP = 1200;

/**
 * Boots five boards, warms them up, and reads their counters before and after `entries` committed
 * entries with linearizable reads among them. Expects nothing: see `expectNothingAllocated`.
 */
export async function measureAllocation(options: AllocationOptions): Promise<AllocationReport> {
	const boards = await Boards.start({ firmware: options.firmware, name: "allocation" });
	let writers: Writer[] = [];
	try {
		options.booted(boards);
		await boards.leader(MEMBERS);
		writers = await openWriters(() => boards.open(), "a", WRITERS, KEYS_OF_A_WRITER);
		await work(writers, WARM_UP);
		const before = await settled(boards);
		const readsBefore = sum(writers, (writer) => writer.reads);
		const startMs = performance.now();
		await work(writers, options.entries);
		const milliseconds = Math.round(performance.now() - startMs);
		const after = await settled(boards);
		const reads = sum(writers, (writer) => writer.reads) - readsBefore;
		const reports = MEMBERS.map((id) => difference(id, before.get(id) as Status, after.get(id) as Status));
		return { entries: options.entries, reads, milliseconds, boards: reports };
	} finally {
		for (const writer of writers) writer.abandon();
		await boards.remove();
	}
}

/** @throws Unmet where a board allocated or collected, or did not do the work at all */
export function expectNothingAllocated(report: AllocationReport): void {
	const { entries } = report;
	for (const board of report.boards) {
		const { chunkBytes, collections, entries: applied, id, messages, slots } = board;
		const work = `${applied} entries and ${messages} messages`;
		expect(applied >= entries && messages > 0, `board ${id} to apply ${entries} entries`, work);
		expect(
			slots === 0 && chunkBytes === 0 && collections === 0,
			`board ${id} to allocate nothing for ${work}`,
			`${slots} slots, ${chunkBytes} chunk bytes, ${collections} collections`,
		);
	}
}

async function work(writers: readonly Writer[], entries: number): Promise<void> {
	const share = Math.ceil(entries / writers.length);
	await Promise.all(writers.map((writer) => writer.work(share)));
}

async function settled(boards: Boards): Promise<Statuses> {
	await boards.settle(MEMBERS);
	return boards.statuses(MEMBERS);
}

function difference(id: number, before: Status, after: Status): BoardReport {
	expect(after.uptimeMs > before.uptimeMs, `board ${id} to run on`, "it was started again");
	const of = (...names: string[]) => names.reduce((total, name) => total + after[name] - before[name], 0);
	return {
		id,
		entries: of("entriesApplied"),
		messages: of("datagramsReceived", "datagramsSent"),
		snapshots: of("snapshotsTaken"),
		flashErases: of("flashErases"),
		slots: of("slotsAllocated"),
		chunkBytes: of("chunkBytesAllocated"),
		collections: of("collections"),
	};
}
