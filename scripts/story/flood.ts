/**
 * What clients get while every board is flooded with datagrams that it must drop: their writes in slices
 * of time with and without the flood, in turns, so that both are measured on the same machine in the same run.
 */
import { MEMBERS } from "../local-cluster";
import { Boards, type Statuses } from "./boards";
import { pause } from "./expect";
import { Flooder } from "./flooder";
import { FLOOD_KINDS, type FloodKind, junkFor } from "./junk";
import { type Recorded, recordDatagrams } from "./recorded";
import { openWriters, sum, type Writer } from "./writer";

export interface FloodOptions {
	readonly firmware: string;
	readonly kinds?: readonly FloodKind[];
	/** Datagrams a second to each board. */
	readonly perSecond: number;
	/** Slices with the flood, and as many without, of each kind. */
	readonly slices: number;
	/** A kind whose ratio is below RATIO_MIN is measured again, up to so many times: the machine may have been busy. */
	readonly again?: number;
	readonly sliceMs: number;
	readonly seed: number;
	/** Told of the boards as soon as there are some. */
	readonly booted: (boards: Boards) => void;
	/** Told of each kind as it is done. */
	readonly measured: (report: KindReport) => void;
}

export interface KindReport {
	readonly kind: FloodKind;
	/** Writes a second, the median of the slices. */
	readonly quiet: number;
	readonly flooded: number;
	/** The second over the first. */
	readonly ratio: number;
	/** What really was sent, datagrams a second for each board. */
	readonly sentPerSecond: number;
	/** Of all boards during the floods: datagrams that reached the node, and those that it dropped. */
	readonly received: number;
	readonly dropped: number;
	readonly electionsBegun: number;
}

/** Of their throughput without a flood, clients must have at least so much with it. */
export const RATIO_MIN = 1 / 3;

const WRITERS = 8;
const KEYS_OF_A_WRITER = 12;
const RECORD_MS = 1500;
/** So many different ones are sent again and again. */
const DATAGRAMS = 400;
/** What is under way when the flood begins or ends belongs to neither slice. */
const BETWEEN_MS = 300;

export async function measureFlood(options: FloodOptions): Promise<KindReport[]> {
	const boards = await Boards.start({ firmware: options.firmware, name: "flood" });
	const flooder = await Flooder.start();
	let writers: Writer[] = [];
	try {
		options.booted(boards);
		await boards.leader(MEMBERS);
		writers = await openWriters(() => boards.open(), "f", WRITERS, KEYS_OF_A_WRITER);
		const writing = Promise.all(writers.map((writer) => writer.run()));
		// It is awaited at the end; where something else fails before, that is what is told.
		writing.catch(() => {});
		const recorded = await recordDatagrams(boards, RECORD_MS);
		const reports: KindReport[] = [];
		for (const kind of options.kinds ?? FLOOD_KINDS) {
			let report = await measureKind(kind, options, boards, flooder, writers, recorded);
			for (let left = options.again ?? 0; report.ratio < RATIO_MIN && left > 0; left--)
				report = await measureKind(kind, options, boards, flooder, writers, recorded);
			options.measured(report);
			reports.push(report);
		}
		for (const writer of writers) writer.stop();
		await writing;
		const client = await boards.open();
		for (const writer of writers) await writer.check(client);
		client.destroy();
		await boards.settle(MEMBERS);
		return reports;
	} finally {
		for (const writer of writers) writer.abandon();
		flooder.close();
		await boards.remove();
	}
}

async function measureKind(
	kind: FloodKind,
	options: FloodOptions,
	boards: Boards,
	flooder: Flooder,
	writers: readonly Writer[],
	recorded: readonly Recorded[],
): Promise<KindReport> {
	const { clusterHigh, clusterLow, members } = boards.cluster.state();
	const source = { clusterHigh, clusterLow, recorded, seed: options.seed };
	const targets = members.map(({ id, incarnation, port }) => ({
		port,
		datagrams: junkFor(kind, { id, incarnation }, source, DATAGRAMS),
	}));
	const quiet: number[] = [];
	const flooded: number[] = [];
	let sent = 0;
	let floodMs = 0;
	const before = totals(await boards.statuses(MEMBERS));
	for (let slice = 0; slice < options.slices; slice++) {
		quiet.push(await writesPerSecond(writers, options.sliceMs));
		const startMs = performance.now();
		flooder.begin({ perSecond: options.perSecond, targets });
		await pause(BETWEEN_MS);
		flooded.push(await writesPerSecond(writers, options.sliceMs));
		sent += await flooder.end();
		floodMs += performance.now() - startMs;
		await pause(BETWEEN_MS);
	}
	const after = totals(await boards.statuses(MEMBERS));
	const [one, other] = [median(quiet), median(flooded)];
	return {
		kind,
		quiet: Math.round(one),
		flooded: Math.round(other),
		ratio: Math.round((other / one) * 1000) / 1000,
		sentPerSecond: Math.round((sent / targets.length / floodMs) * 1000),
		received: after.received - before.received,
		dropped: after.dropped - before.dropped,
		electionsBegun: after.electionsBegun - before.electionsBegun,
	};
}

async function writesPerSecond(writers: readonly Writer[], milliseconds: number): Promise<number> {
	const before = sum(writers, (writer) => writer.acknowledged);
	const startMs = performance.now();
	await pause(milliseconds);
	return ((sum(writers, (writer) => writer.acknowledged) - before) / (performance.now() - startMs)) * 1000;
}

function totals(statuses: Statuses): { received: number; dropped: number; electionsBegun: number } {
	const of = (name: string) => [...statuses.values()].reduce((total, status) => total + Number(status[name]), 0);
	return { received: of("datagramsReceived"), dropped: of("datagramsDropped"), electionsBegun: of("electionsBegun") };
}

function median(values: readonly number[]): number {
	const sorted = [...values].sort((one, other) => one - other);
	const middle = sorted.length >> 1;
	return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
