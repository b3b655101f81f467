/**
 * `npm run footprint`: bytes of buffers that a whole node takes when it starts, by the file of the
 * core that takes them, for each profile. Counted as they are made: every typed array and
 * ArrayBuffer, with the 8 bytes of XS's header. Objects live in slots and are not counted here;
 * `--board` boots and fills a node of profile M on an emulated board with the pools of a real one, and
 * prints what is in use of both.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Configuration, ROLE_VOTER } from "../core/configuration";
import { type Limits, PROFILE_M, PROFILE_S } from "../core/limits";
import { Replica } from "../core/replica/replica";
import { MemoryFlash } from "../sim/memory-flash";
import { ensureFlash } from "./cluster/flash-file";
import { buildBoard } from "./firmware/build";
import { EmulatedBoard } from "./firmware/emulator";
import { BOARD_MEMORY } from "./firmware/memory";
import { formattedPartition, PARTITION_BYTES, SECTOR_BYTES } from "./flash-image";

const HEADER_BYTES = 8;
const IDENTITY = { clusterHigh: 1, clusterLow: 2, id: 1, incarnation: 1 };
/** What must be free for what start-up, an installed snapshot and console lines leave to be collected. */
const CHUNK_RESERVE_BYTES = 6 * 1024;
const BOARD_TIMEOUT_MS = 120_000;
const COUNTED = ["Uint8Array", "Uint16Array", "Uint32Array", "Int32Array", "Float64Array", "ArrayBuffer"] as const;

/** Runs `make` and says which file of the core took how many bytes. */
function count(make: () => void): Map<string, number> {
	const taken = new Map<string, number>();
	const globals = globalThis as unknown as Record<string, new (...parameters: unknown[]) => { byteLength: number }>;
	const originals = COUNTED.map((name) => globals[name]);
	for (const [i, name] of COUNTED.entries()) {
		globals[name] = new Proxy(originals[i], {
			construct(target, parameters) {
				const made = Reflect.construct(target, parameters);
				// A view of another's buffer takes nothing.
				if (typeof parameters[0] !== "number" && !Array.isArray(parameters[0])) return made;
				const file = /core\/[\w/-]+\.ts/.exec(new Error().stack ?? "")?.[0] ?? "elsewhere";
				taken.set(file, (taken.get(file) ?? 0) + made.byteLength + HEADER_BYTES);
				return made;
			},
		});
	}
	try {
		make();
	} finally {
		for (const [i, name] of COUNTED.entries()) globals[name] = originals[i];
	}
	return taken;
}

/** A cluster of one node. */
function alone(limits: Limits): Configuration {
	const configuration = new Configuration(limits.members);
	configuration.add(1, 1, ROLE_VOTER, 0x0a4d0001, 7000);
	return configuration;
}

function footprint(limits: Limits): Map<string, number> {
	const flash = new MemoryFlash(PARTITION_BYTES, SECTOR_BYTES);
	flash.bytes.set(formattedPartition(IDENTITY, alone(limits), limits));
	const ports = {
		network: { sourceAddress: 0, sourcePort: 0, receive: () => 0, send: () => undefined },
		flash,
		clock: { milliseconds: () => 0 },
		entropy: { random32: () => 1 },
		trace: { event: () => undefined },
		gauges: { gauge: () => 0 },
	};
	return count(() => new Replica(ports, limits));
}

/** Two boots over one flash: the first fills the node, the second finds it full. */
async function onBoard(): Promise<void> {
	const { path } = await buildBoard({ entry: "scripts/footprint.firmware.ts", name: "footprint" });
	const folder = mkdtempSync(join(tmpdir(), "balsa-footprint-"));
	const flash = join(folder, "flash");
	try {
		ensureFlash(flash, () => formattedPartition(IDENTITY, alone(PROFILE_M), PROFILE_M));
		for (let boot = 1; boot <= 2; boot++) {
			const board = new EmulatedBoard({ elf: path, flash, exitOnReset: true });
			const code = await board.wait(BOARD_TIMEOUT_MS);
			if (code !== 0) throw new Error(`the board ended with ${code}:\n${board.output}`);
			const lines = board.output.split("\n").filter((line) => line.startsWith("{"));
			if (lines.length !== 2) throw new Error(`the board has no memory left:\n${board.output}`);
			for (const line of lines) {
				console.log(line);
				const { chunkBytes } = JSON.parse(line) as { chunkBytes: number };
				if (BOARD_MEMORY.chunkBytes - chunkBytes < CHUNK_RESERVE_BYTES)
					throw new Error("the reserve of chunks is thin");
			}
		}
		console.log(JSON.stringify({ stage: "the pools", slots: BOARD_MEMORY.slots, chunkBytes: BOARD_MEMORY.chunkBytes }));
	} finally {
		rmSync(folder, { recursive: true });
	}
}

function onNode(json: boolean): void {
	for (const [name, limits] of Object.entries({ S: PROFILE_S, M: PROFILE_M })) {
		const parts = [...footprint(limits)].sort((a, b) => b[1] - a[1]);
		const total = parts.reduce((sum, [, bytes]) => sum + bytes, 0);
		if (json) {
			console.log(JSON.stringify({ profile: name, total, parts: Object.fromEntries(parts) }));
			continue;
		}
		console.log(`profile ${name}: ${total} bytes`);
		for (const [file, bytes] of parts) console.log(`  ${String(bytes).padStart(7)}  ${file}`);
	}
}

const { values } = parseArgs({
	options: { json: { type: "boolean", default: false }, board: { type: "boolean", default: false } },
});
if (values.board) await onBoard();
else onNode(values.json);
