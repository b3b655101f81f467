/**
 * A client that writes its own keys and remembers what it was told, so that afterwards it can be
 * checked that nothing acknowledged is lost and nothing was applied twice.
 */
import { DONE, KEY_NOT_FOUND, OUTCOME_UNKNOWN, reasonName } from "../../core/reasons";
import type { Answer, HostClient } from "../balsa/host-client";
import { expect } from "./expect";

/** What a key must hold: its version counts the writes that were applied to it. */
export interface KeyRecord {
	acknowledged: number;
	/** The value that was acknowledged last. */
	last: string;
	/** Values whose writes may have happened, or not. */
	readonly unknown: string[];
}

const WRITES_PER_READ = 4;

export class Writer {
	acknowledged = 0;
	unknown = 0;
	refused = 0;
	/** Reads that came to nothing. */
	unread = 0;
	/** Told of each write as it is acknowledged. */
	onAcknowledged: () => void = () => {};
	/** Linearizable reads that were answered, each of them checked. */
	reads = 0;
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

	/** The same, with a checked read of a key of its own between writes. @throws Unmet */
	async work(count: number): Promise<void> {
		for (let done = 0; done < count; done++) await this.#putAndRead();
	}

	/** Writes and reads so until `stop`. @throws Unmet */
	async run(): Promise<void> {
		this.#isStopped = false;
		while (!this.#isStopped) await this.#putAndRead();
	}

	stop(): void {
		this.#isStopped = true;
	}

	/** Reads the key that was written longest ago, linearizably. @throws Unmet */
	async read(): Promise<void> {
		const [key, record] = this.#next();
		const answer = await this.#client.get(Buffer.from(key));
		if (answer.reason !== DONE && answer.reason !== KEY_NOT_FOUND) {
			this.unread += 1;
			return;
		}
		this.reads += 1;
		compare(key, record, answer);
	}

	/** Reads every key back. @throws Unmet where one does not hold what was acknowledged */
	async check(client: HostClient): Promise<void> {
		for (const [key, record] of this.#records) {
			const answer = await client.get(Buffer.from(key));
			const isAnswered = answer.reason === DONE || answer.reason === KEY_NOT_FOUND;
			expect(isAnswered, `an answer to a read of ${key}`, reasonName(answer.reason));
			compare(key, record, answer);
		}
	}

	/** Ends the session and the socket. */
	async close(): Promise<void> {
		await this.#client.closeSession();
		this.abandon();
	}

	/** Ends the socket alone; calls under way are answered with an unknown outcome. */
	abandon(): void {
		this.stop();
		this.#client.destroy();
	}

	async #putAndRead(): Promise<void> {
		await this.#put();
		if (this.#writes % WRITES_PER_READ === 0) await this.read();
	}

	async #put(): Promise<void> {
		const [key, record] = this.#next();
		const value = String(++this.#writes);
		const startMs = performance.now();
		const { reason } = await this.#client.put(Buffer.from(key), Buffer.from(value));
		this.slowestMs = Math.max(this.slowestMs, performance.now() - startMs);
		if (reason === DONE) {
			this.acknowledged += 1;
			record.acknowledged += 1;
			record.last = value;
			this.onAcknowledged();
		} else if (reason === OUTCOME_UNKNOWN) {
			this.unknown += 1;
			record.unknown.push(value);
		} else this.refused += 1;
	}

	#next(): [string, KeyRecord] {
		const key = this.#keys[this.#writes % this.#keys.length];
		const record = this.#records.get(key) ?? { acknowledged: 0, last: "", unknown: [] };
		this.#records.set(key, record);
		return [key, record];
	}
}

/**
 * @param answer to a linearizable read of the key while no write of it was under way
 * @throws Unmet where an acknowledged write is lost, or a write was applied twice
 */
export function compare(key: string, record: KeyRecord, answer: Pick<Answer, "reason" | "value" | "version">): void {
	const { acknowledged, last, unknown } = record;
	const version = answer.reason === DONE ? answer.version : 0;
	const value = Buffer.from(answer.value).toString();
	const most = acknowledged + unknown.length;
	expect(version >= acknowledged, `${acknowledged} acknowledged writes of ${key}`, `${version}: a write is lost`);
	expect(version <= most, `at most ${most} writes of ${key}`, `${version}: a write was applied twice`);
	expect(version === 0 || value === last || unknown.includes(value), `${key} = ${last}, acknowledged last`, value);
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
