/**
 * `npm run bench`: what an entry costs over five whole nodes, as JSON lines. On Node.js in entries a
 * second; on the emulated board in instructions, which are the same each time. `--node` and
 * `--board` choose one of the two; `--entries N` sets how many are measured on Node.js. `--boot` says what a
 * boot costs instead.
 */
import { parseArgs } from "node:util";
import { BOOTS, measureBoot } from "../sim/bench/boot";
import { type Meter, measure, SHAPES } from "../sim/bench/run";
import { buildBoard } from "./firmware/build";
import { EmulatedBoard } from "./firmware/emulator";
import { WIDE_MEMORY } from "./firmware/memory";

const ENTRIES = 128_000;
const WARM_UP = 64_000;
const BOARD_TIMEOUT_MS = 600_000;
const USAGE = `usage: npm run bench -- [--boot] [--node | --board] [--entries N]

Prints a line of JSON for each runtime and shape. Figures are over all five nodes; messages are UDP
datagrams between nodes, wire bytes their payload with frame and tag, body bytes without. With --boot
it is one node that boots over a full log or a snapshot.`;

function benchNode(entries: number): void {
	const meter: Meter = {
		runtime: "node",
		ticks: () => performance.now() * 1000,
		slots: () => 0,
		chunkBytes: () => 0,
		collections: () => 0,
	};
	for (const shape of SHAPES) {
		console.log(
			measure(meter, shape, WARM_UP, entries, (ticks, count) => ({
				entries_per_second: Math.round((count / ticks) * 1e6),
			})),
		);
	}
}

function bootNode(): void {
	const unit = (ticks: number) => ({ milliseconds: Math.round(ticks) / 1000 });
	for (const boot of BOOTS) console.log(measureBoot("node", () => performance.now() * 1000, boot, unit));
}

async function onBoard(name: "bench" | "boot", expected: number): Promise<void> {
	const report = (line: string) => console.error(line);
	const { path } = await buildBoard({ entry: `scripts/${name}.firmware.ts`, name, memory: WIDE_MEMORY, report });
	const board = new EmulatedBoard({ elf: path, deterministic: true, exitOnReset: true });
	const code = await board.wait(BOARD_TIMEOUT_MS);
	const lines = board.output.split("\n").filter((line) => line.startsWith("{"));
	for (const line of lines) console.log(line);
	if (code !== 0 || lines.length !== expected) throw new Error(`the board ended with ${code}:\n${board.output}`);
}

const { values } = parseArgs({
	options: {
		node: { type: "boolean", default: false },
		board: { type: "boolean", default: false },
		boot: { type: "boolean", default: false },
		entries: { type: "string", default: String(ENTRIES) },
		help: { type: "boolean", short: "h", default: false },
	},
});
const entries = Number(values.entries);
if (values.help) console.log(USAGE);
else if (!Number.isInteger(entries) || entries < 64 || entries % 64 !== 0) {
	console.error(`--entries must be a multiple of 64\n${USAGE}`);
	process.exitCode = 2;
} else {
	const onNode = !values.board || values.node;
	if (onNode && values.boot) bootNode();
	else if (onNode) benchNode(entries);
	if (!values.node || values.board)
		await onBoard(values.boot ? "boot" : "bench", (values.boot ? BOOTS : SHAPES).length);
}
