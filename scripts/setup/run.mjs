/** Other programs, run without questions, their output kept in a log. */
import { spawn, spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { causeOf, SetupFailure } from "./failure.mjs";

const STILL_RUNNING_MS = 20_000;
const TAIL_LENGTH = 20_000;

/** Ends the program that runs now. */
let stop;
let onEnd;

/**
 * Ends the program that runs and waits for it, because a next set-up must not find it still at work.
 * What started the program never goes on.
 * @param {"SIGINT" | "SIGTERM" | "SIGHUP"} signal
 */
export function endProgram(signal) {
	return new Promise((resolve) => {
		onEnd = resolve;
		if (stop === undefined) resolve();
		else stop(signal);
	});
}

/**
 * Runs a program to its end, without standard input; its output goes to the log.
 * @param {{ log: string, say: (line: string) => void }} context
 * @param {string} what names the work in an error
 * @param {string[]} command program and arguments
 * @param {{ cwd?: string, env?: Record<string, string>, endsItself?: boolean }} [options] `endsItself`: what it leaves
 *   half done is not ours to remove, so a signal is handed on to it; any other program is killed
 * @throws {SetupFailure} names the work, the cause and the log
 */
export async function run(context, what, command, options = {}) {
	const { code, output } = await tryRun(context, command, options);
	if (code !== 0)
		throw new SetupFailure(
			`${what} failed: ${causeOf(output) ?? lastLine(output)} (all of its output: ${context.log})`,
		);
}

/**
 * As `run`, and the caller judges the outcome.
 * @returns {Promise<{ code: number, output: string }>} the last part of the output; code 127 where the program is missing
 */
export function tryRun(context, command, options = {}) {
	mkdirSync(dirname(context.log), { recursive: true });
	appendFileSync(context.log, `\n$ ${command.join(" ")}\n`);
	return new Promise((resolve) => {
		let output = "";
		let seconds = 0;
		const child = spawn(command[0], command.slice(1), {
			cwd: options.cwd,
			env: { ...process.env, ...options.env },
			stdio: ["ignore", "pipe", "pipe"],
		});
		stop = (signal) => child.kill(options.endsItself ? signal : "SIGKILL");
		const timer = setInterval(() => {
			seconds += STILL_RUNNING_MS / 1000;
			context.say(`  still at it (${seconds} s)`);
		}, STILL_RUNNING_MS);
		const take = (data) => {
			appendFileSync(context.log, data);
			output = (output + data).slice(-TAIL_LENGTH);
		};
		child.stdout.on("data", take);
		child.stderr.on("data", take);
		const end = (code) => {
			clearInterval(timer);
			stop = undefined;
			if (onEnd === undefined) resolve({ code, output });
			else onEnd();
		};
		child.on("error", (error) => {
			take(`${error.message}\n`);
			end(127);
		});
		child.on("close", (code, signal) => end(signal === null ? code : 128));
	});
}

/**
 * @param {string[]} words of an npm command
 * @returns {string[]} the command, with no scripts of packages run, and less patience than npm's own: without a network
 *   that would last ten minutes
 */
export function npm(...words) {
	return [
		"npm",
		...words,
		"--ignore-scripts",
		"--fetch-retries=1",
		"--fetch-retry-mintimeout=1000",
		"--fetch-retry-maxtimeout=5000",
	];
}

/** Whether a program runs and ends with 0; its first line of output. */
export function probe(command) {
	const result = spawnSync(command[0], command.slice(1), { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
	return { ok: result.status === 0, output: (result.stdout ?? "").trim() };
}

function lastLine(output) {
	const lines = output.split("\n").map((line) => line.trim());
	const errors = lines.filter((line) => /^(E:|npm error|error|tar:)/i.test(line) && !/complete log/.test(line));
	return errors[0] ?? lines.filter((line) => line !== "").at(-1) ?? "no reason given";
}
