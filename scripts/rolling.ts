/**
 * Rolling replacement, transfers and drains under load on five emulated boards: `npm run rolling`.
 * Exit code 0 only if nothing acknowledged was lost, no client was told of an error, and no transfer
 * interrupted service for longer than an election timeout.
 */
import { Command } from "commander";
import { integer } from "./balsa/parse";
import { MEMBERS } from "./local-cluster";
import { failureOf, linesOf } from "./story/failure";
import { runStory, type Stage } from "./story/program";
import { type RollingReport, rolling } from "./story/rolling";
import type { Interruptions } from "./story/service";
import { seconds } from "./story/steps";
import { usageError } from "./story/usage";

interface Options {
	replace: number;
	transfers: number;
	drain: number;
	sessions: number;
	json?: boolean;
}

function pauses(what: string, { all, count, longest, median, p90 }: Interruptions): string[] {
	if (count === 0) return [];
	const sorted = [...all].sort((one, other) => one - other).join(" ");
	return [`${what}: ${count} times, median ${median} ms, 90 % within ${p90} ms, longest ${longest} ms`, `  ${sorted}`];
}

function linesOfReport(report: RollingReport): string[] {
	const { drain, join, replace, transfer } = report.interruptions;
	const [slowest, fastest] = report.clockRates;
	return [
		`${report.acknowledged} writes acknowledged, 0 lost: all read back; ${report.reads} reads among them; ${report.clientErrors} client errors.`,
		`Longest time without an acknowledged write for anybody, around each (bound for transfer and drain: ${report.boundMs} ms):`,
		...pauses("transfer", transfer),
		...pauses("drain", drain),
		...pauses("replace", replace),
		...pauses("join, leave", join),
		`The boards' clocks ran at ${slowest.toFixed(3)} to ${fastest.toFixed(3)} of the host's; the slowest write took ${seconds(report.slowestWriteMs)}; in all ${seconds(report.milliseconds)}.`,
	];
}

async function main(firmware: string, stage: Stage, options: Options): Promise<number> {
	const say = options.json ? () => {} : console.log;
	try {
		const report = await rolling({
			firmware,
			replaced: MEMBERS.slice(0, options.replace),
			transfers: options.transfers,
			drained: MEMBERS.slice(0, options.drain),
			sessions: options.sessions,
			booted: stage.booted,
			told: say,
		});
		if (options.json) console.log(JSON.stringify({ held: true, ...report }));
		else say(linesOfReport(report).join("\n"));
		return 0;
	} catch (error) {
		const failure = failureOf(error, stage.boards);
		if (options.json) console.log(JSON.stringify({ held: false, ...failure }));
		say(["FAILED", ...linesOf(failure)].join("\n"));
		return 1;
	}
}

const program = new Command("npm run rolling --")
	.exitOverride(usageError)
	.description(
		"Five emulated boards under load: replaces each in turn by a fresh one, has a sixth and a process of this machine join and leave, hands leadership over again and again, drains each; checks that nothing is lost and nobody is interrupted.",
	)
	.option("--replace <n>", "so many of the boards, from the first", integer(0, MEMBERS.length), MEMBERS.length)
	.option("--transfers <n>", "hand over so often", integer(0, 10_000), 50)
	.option("--drain <n>", "so many of the boards, from the first", integer(0, MEMBERS.length), MEMBERS.length)
	.option("--sessions <n>", "clients that write all the time", integer(1, 16), 4)
	.option("--json", "one line of JSON at the end")
	.parse();

const options = program.opts<Options>();
await runStory("npm run rolling", options.json === true, (firmware, stage) => main(firmware, stage, options));
