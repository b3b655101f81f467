/**
 * Measures what five emulated boards allocate while they commit: `node --import tsx scripts/allocation.ts`.
 * Exit code 0 only if that is nothing.
 */
import { Command } from "commander";
import { integer } from "./balsa/parse";
import { buildFirmware } from "./build";
import { type AllocationReport, expectNothingAllocated, measureAllocation } from "./story/allocation";
import type { Boards } from "./story/boards";
import { endingCode, onEnding } from "./story/ending";
import { failureOf, linesOf } from "./story/failure";
import { plural, seconds } from "./story/steps";

interface Options {
	entries: number;
	json?: boolean;
}

const ENTRIES = 10_000;
let boards: Boards | undefined;

function print(report: AllocationReport): void {
	console.log(
		`${plural(report.entries, "entry")} committed and ${plural(report.reads, "read")} served in ${seconds(report.milliseconds)}`,
	);
	for (const board of report.boards)
		console.log(
			`  board ${board.id}: ${board.entries} entries, ${board.messages} messages, ${board.snapshots} snapshots, ${board.flashErases} erases: ${board.slots} slots, ${board.chunkBytes} chunk bytes, ${board.collections} collections`,
		);
}

async function main(options: Options): Promise<number> {
	const firmware = await buildFirmware(() => {});
	try {
		const report = await measureAllocation({
			firmware,
			entries: options.entries,
			booted: (started) => (boards = started),
		});
		if (options.json) console.log(JSON.stringify(report));
		else print(report);
		expectNothingAllocated(report);
		return 0;
	} catch (error) {
		console.error(["FAILED", ...linesOf(failureOf(error, boards))].join("\n"));
		return 1;
	}
}

const program = new Command("node --import tsx scripts/allocation.ts")
	.description("Commits entries on five emulated boards, with reads between, and checks that nothing is allocated.")
	.option("--entries <n>", "committed between two readings of the counters", integer(1, 10_000_000), ENTRIES)
	.option("--json", "one line of JSON")
	.parse();

onEnding((signal) => {
	void Promise.resolve(boards?.stop()).finally(() => process.exit(endingCode(signal)));
});
process.exit(await main(program.opts<Options>()));
