/**
 * Measures what five emulated boards allocate while they commit: `node --import tsx scripts/allocation.ts`.
 * Exit code 0 only if that is nothing.
 */
import { Command } from "commander";
import { integer } from "./balsa/parse";
import { type AllocationReport, expectNothingAllocated, measureAllocation } from "./story/allocation";
import { failureOf, linesOf } from "./story/failure";
import { runStory, type Stage } from "./story/program";
import { plural, seconds } from "./story/steps";
import { usageError } from "./story/usage";

interface Options {
	entries: number;
	json?: boolean;
}

const ENTRIES = 10_000;

function print(report: AllocationReport): void {
	console.log(
		`${plural(report.entries, "entry")} committed and ${plural(report.reads, "read")} served in ${seconds(report.milliseconds)}`,
	);
	for (const board of report.boards)
		console.log(
			`  board ${board.id}: ${board.entries} entries, ${board.messages} messages, ${board.snapshots} snapshots, ${board.flashErases} erases: ${board.slots} slots, ${board.chunkBytes} chunk bytes, ${board.collections} collections`,
		);
}

async function main(firmware: string, stage: Stage, options: Options): Promise<number> {
	try {
		const report = await measureAllocation({
			firmware,
			entries: options.entries,
			booted: stage.booted,
		});
		if (options.json) console.log(JSON.stringify(report));
		else print(report);
		expectNothingAllocated(report);
		return 0;
	} catch (error) {
		console.error(["FAILED", ...linesOf(failureOf(error, stage.boards))].join("\n"));
		return 1;
	}
}

const program = new Command("npm run allocation --")
	.exitOverride(usageError)
	.description("Commits entries on five emulated boards, with reads between, and checks that nothing is allocated.")
	.option("--entries <n>", "committed between two readings of the counters", integer(1, 10_000_000), ENTRIES)
	.option("--json", "one line of JSON")
	.parse();

const options = program.opts<Options>();
await runStory("allocation", options.json === true, (firmware, stage) => main(firmware, stage, options));
