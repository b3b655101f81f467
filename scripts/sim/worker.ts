/** A process that runs seeds for the command, bundled with the simulator: see `pool.ts`. */
import type { Overrides } from "../../sim/options";
import { drawOptions } from "../../sim/options";
import { simulate, Violation } from "../../sim/run";
import { clearHits, takeHits } from "./hits";
import type { Done, Failure, Job, Said } from "./messages";
import { propertyOf } from "./property";
import { Totals } from "./totals";

/** Lines that are sent at once. */
const LINES_MAX = 500;

function say(said: Said): void {
	process.send?.(said);
}

/** Gathers lines: a message for each would take longer than the run. */
class Lines {
	private readonly lines: string[] = [];

	readonly print = (line: string): void => {
		if (this.lines.push(line) === LINES_MAX) this.flush();
	};

	flush(): void {
		say({ kind: "lines", lines: this.lines.splice(0) });
	}
}

function failureOf(seed: number, overrides: Overrides, error: unknown): Failure {
	const message = error instanceof Error ? error.message : String(error);
	const property = propertyOf(message);
	if (!(error instanceof Violation)) return { seed, property, message, atMs: -1, lines: [] };
	const atMs = error.atMs - drawOptions(seed, overrides).start.clockMs;
	const where = error.cause instanceof Error ? placeOf(error.cause) : "";
	return { seed, property, message: message + where, atMs, lines: error.lines };
}

/** An assertion of the core says little; where it stands says more. */
function placeOf(cause: Error): string {
	const frames = (cause.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
	return cause.constructor === Error ? "" : `\n${frames.slice(0, 6).join("\n")}`;
}

async function run(job: Job): Promise<Done> {
	const totals = new Totals();
	const failures: Failure[] = [];
	let history: string | null = null;
	clearHits();
	for (let seed = job.from; seed <= job.to; seed++) {
		say({ kind: "seed", seed });
		// Lets the message go before the process is busy.
		await new Promise(setImmediate);
		const lines = job.verbose ? new Lines() : null;
		try {
			const report = simulate(drawOptions(seed, job.overrides), lines?.print);
			totals.addReport(report);
			if (job.history) history = report.history.toJsonLines();
		} catch (error) {
			failures.push(failureOf(seed, job.overrides, error));
			if (job.history && error instanceof Violation) history = error.history.toJsonLines();
		}
		lines?.flush();
		if (failures.length > 0 && !job.keepGoing) break;
	}
	totals.marks.push(...takeHits(job.marks));
	return { kind: "done", totals: totals.data(), failures, history };
}

process.on("message", async (job: Job) => say(await run(job)));
process.on("disconnect", () => process.exit(0));
// The command decides what an interrupt means, and ends this process by ending the channel.
process.on("SIGINT", () => {});
say({ kind: "ready" });
