/**
 * A client that writes its own keys and remembers what it was told, so that afterwards it can be
 * checked that nothing acknowledged is lost and nothing was applied twice.
 */
import { DONE, OUTCOME_UNKNOWN, reasonName } from "../../core/reasons";
import type { HostClient } from "../balsa/host-client";
import { expect } from "./expect";

/** What a key must hold: its version counts the writes that were applied to it. */
interface KeyRecord {
	acknowledged: number;
	/** The value that was acknowledged last. */
	last: string;
	/** Values whose writes may have happened, or not. */
	readonly unknown: string[];
}

export class Writer {
	acknowledged = 0;
	unknown = 0;
	refused = 0;
	/** From a write to its answer, the longest. */
	slowestMs = 0;
	readonly #client: HostClient;
	readonly #records = new Map<string, KeyRecord>();
	readonly #keys: readonly string[];
	#writes = 0;
	#isStopped = false;

	/** @param name no other writer's; its keys begin with it */
	constructor(client: HostClient, name: string, keys: number) {
		this.#client = client;
		this.#keys = Array.from({ length: keys }, (_, at) => `${name}/${at}`);
	}

	get keys(): number {
		return this.#records.size;
	}

	/** Writes that many, one after the other, each waiting for the answer of the one before. */
	async write(count: number): Promise<void> {
		for (let done = 0; done < count; done++) await this.#put();
	}

	/** Writes until `stop`. */
	async run(): Promise<void> {
		this.#isStopped = false;
		while (!this.#isStopped) await this.#put();
	}

	stop(): void {
		this.#isStopped = true;
	}

	/** Reads any one of the keys that were written, linearizably. */
	async read(): Promise<void> {
		const key = this.#keys[this.#writes % this.#keys.length];
		const answer = await this.#client.get(Buffer.from(key));
		if (answer.reason === DONE) this.#compare(key, answer.version, Buffer.from(answer.value).toString());
	}

	/** Reads every key back. @throws Unmet where one does not hold what was acknowledged */
	async check(client: HostClient): Promise<void> {
		for (const [key, record] of this.#records) {
			const answer = await client.get(Buffer.from(key));
			if (record.acknowledged === 0 && answer.reason !== DONE) continue;
			expect(answer.reason === DONE, `${key} to be there`, reasonName(answer.reason));
			this.#compare(key, answer.version, Buffer.from(answer.value).toString());
		}
	}

	/** Ends the session and the socket. */
	async close(): Promise<void> {
		await this.#client.closeSession();
		this.#client.destroy();
	}

	async #put(): Promise<void> {
		const key = this.#keys[this.#writes % this.#keys.length];
		const value = String(++this.#writes);
		const record = this.#records.get(key) ?? { acknowledged: 0, last: "", unknown: [] };
		this.#records.set(key, record);
		const startMs = performance.now();
		const { reason } = await this.#client.put(Buffer.from(key), Buffer.from(value));
		this.slowestMs = Math.max(this.slowestMs, performance.now() - startMs);
		if (reason === DONE) {
			this.acknowledged += 1;
			record.acknowledged += 1;
			record.last = value;
		} else if (reason === OUTCOME_UNKNOWN) {
			this.unknown += 1;
			record.unknown.push(value);
		} else this.refused += 1;
	}

	#compare(key: string, version: number, value: string): void {
		const record = this.#records.get(key);
		if (record === undefined) return;
		const { acknowledged, last, unknown } = record;
		const most = acknowledged + unknown.length;
		expect(version >= acknowledged, `${acknowledged} acknowledged writes of ${key}`, `${version}: a write is lost`);
		expect(version <= most, `at most ${most} writes of ${key}`, `${version}: a write was applied twice`);
		expect(value === last || unknown.includes(value), `${key} = ${last}, acknowledged last`, value);
	}
}

/** Opens `count` writers, each with a session of its own. */
export async function openWriters(
	open: () => Promise<HostClient>,
	name: string,
	count: number,
	keys: number,
): Promise<Writer[]> {
	return Promise.all(Array.from({ length: count }, async (_, at) => new Writer(await open(), `${name}${at}`, keys)));
}

/** Spreads `count` writes over the writers. @returns what they took, in milliseconds */
export async function writeAll(writers: readonly Writer[], count: number): Promise<number> {
	const startMs = performance.now();
	const share = Math.floor(count / writers.length);
	const rest = count % writers.length;
	await Promise.all(writers.map((writer, at) => writer.write(share + (at < rest ? 1 : 0))));
	return performance.now() - startMs;
}

export function sum(writers: readonly Writer[], of: (writer: Writer) => number): number {
	return writers.reduce((total, writer) => total + of(writer), 0);
}
