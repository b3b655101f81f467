/**
 * `npm run flood`: what clients get while each of five emulated boards is flooded with datagrams that it
 * must drop. Exit code 0 only if that is at least a third of what they get without, for each kind.
 */
import { Command } from "commander";
import { integer } from "./balsa/parse";
import { failureOf, linesOf } from "./story/failure";
import { type KindReport, measureFlood, RATIO_MIN } from "./story/flood";
import { FLOOD_KINDS, type FloodKind } from "./story/junk";
import { runStory, type Stage } from "./story/program";
import { usageError } from "./story/usage";

interface Options {
	rate: number;
	slices: number;
	seconds: number;
	kind?: FloodKind[];
	json?: boolean;
}

const PER_SECOND = 2000;

function print(report: KindReport): void {
	console.log(
		`  ${report.kind.padEnd(14)} ${report.quiet} writes a second without, ${report.flooded} with: ${report.ratio.toFixed(3)} (${report.sentPerSecond} datagrams a second to each board; ${report.received} reached a node, ${report.dropped} dropped there, ${report.electionsBegun} elections begun)`,
	);
}

async function main(firmware: string, stage: Stage, options: Options): Promise<number> {
	try {
		const reports = await measureFlood({
			firmware,
			...(options.kind === undefined ? {} : { kinds: options.kind }),
			perSecond: options.rate,
			slices: options.slices,
			sliceMs: options.seconds * 1000,
			seed: 1,
			booted: stage.booted,
			measured: options.json ? () => {} : print,
		});
		if (options.json) for (const report of reports) console.log(JSON.stringify(report));
		const failed = reports.filter(({ ratio }) => ratio < RATIO_MIN).length;
		if (!options.json) console.log(`${reports.length - failed} passed, ${failed} failed`);
		return failed === 0 ? 0 : 1;
	} catch (error) {
		console.error(["FAILED", ...linesOf(failureOf(error, stage.boards))].join("\n"));
		return 1;
	}
}

const program = new Command("npm run flood --")
	.exitOverride(usageError)
	.description("Floods five emulated boards with datagrams that they must drop, and measures what clients get.")
	.option("--rate <n>", "datagrams a second to each board", integer(1, 100_000), PER_SECOND)
	.option("--slices <n>", "of time, with the flood and without, in turns", integer(1, 1000), 5)
	.option("--seconds <n>", "of each slice", integer(1, 600), 3)
	.option("--kind <kinds...>", `only these of ${FLOOD_KINDS.join(", ")}`)
	.option("--json", "a line of JSON for each kind")
	.parse();

const options = program.opts<Options>();
await runStory("npm run flood", options.json === true, (firmware, stage) => main(firmware, stage, options));
