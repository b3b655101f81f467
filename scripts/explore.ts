/**
 * `npm run explore`: every state that a small cluster of real Raft nodes can come to within bounds, with
 * the invariants checked on each. Exit code 0 if they hold, 1 for a violation, 3 if the search was
 * stopped before its end.
 */
import { Command, Option } from "commander";
import { type Bounds, DEFAULT_BOUNDS, SCOPES, SPENDABLE, SPENT_MAX } from "../sim/explore/bounds";
import { explore, type Result } from "../sim/explore/explore";
import { HUNT_BOUNDS, Hunt } from "../sim/explore/hunt";
import { integer } from "./balsa/parse";
import { usageError } from "./story/usage";

const NAMES = ["nodes", "terms", ...SPENDABLE, "messages", "states"] as const satisfies readonly (keyof Bounds)[];

interface Options extends Partial<Bounds> {
	scope?: string;
	seconds?: number;
	json?: boolean;
	bugHunt?: number | true;
	seed: number;
}

const PROGRESS_MS = 5000;
const WALKS = 10_000;

/** Searches one scope to its end, or until the time is over. */
function search(name: string, bounds: Bounds, options: Options): Result {
	const say = options.json ? () => {} : console.log;
	const startMs = performance.now();
	const endMs = startMs + (options.seconds ?? Infinity) * 1000;
	let toldMs = startMs;
	say(`${name}: ${wordsOf(bounds)}`);
	const result = explore(bounds, (states, transitions, depth, waiting) => {
		const nowMs = performance.now();
		if (nowMs - toldMs > PROGRESS_MS) {
			toldMs = nowMs;
			const rate = Math.round((states * 1000) / (nowMs - startMs));
			say(`  ${states} states, ${transitions} transitions, depth ${depth}, ${waiting} waiting, ${rate} states/s`);
		}
		return nowMs < endMs;
	});
	const seconds = (performance.now() - startMs) / 1000;
	if (options.json) console.log(JSON.stringify({ name, bounds, ...result, seconds }));
	const end = result.isComplete ? "all of them" : "not all of them";
	say(`  ${result.states} states, ${end}; ${result.transitions} transitions, depth ${result.depth}`);
	say(
		`  ${result.nodeStates} states of a node, ${result.messages} messages, ${result.ends} ends; ${seconds.toFixed(1)} s, ${Math.round(result.states / seconds)} states/s`,
	);
	tell(result, say);
	return result;
}

/** Walks at random through wide bounds. */
function walk(bounds: Bounds, options: Options): boolean {
	const say = options.json ? () => {} : console.log;
	const startMs = performance.now();
	const endMs = startMs + (options.seconds ?? Infinity) * 1000;
	let toldMs = startMs;
	const walks = options.bugHunt === true || options.bugHunt === undefined ? WALKS : options.bugHunt;
	say(`${walks} walks, seed ${options.seed}: ${wordsOf(bounds)}`);
	const result = new Hunt(bounds, options.seed).run(walks, (walked, steps) => {
		const nowMs = performance.now();
		if (nowMs - toldMs > PROGRESS_MS) {
			toldMs = nowMs;
			say(`  ${walked} walks, ${steps} steps, ${Math.round((steps * 1000) / (nowMs - startMs))} steps/s`);
		}
		return nowMs < endMs;
	});
	const seconds = (performance.now() - startMs) / 1000;
	if (options.json) console.log(JSON.stringify({ bounds, seed: options.seed, ...result, seconds }));
	const rate = Math.round(result.steps / seconds);
	say(`  ${result.walks} walks, ${result.steps} steps; ${seconds.toFixed(1)} s, ${rate} steps/s`);
	tell(result, say);
	return result.violation === null;
}

function tell(result: { violation: string | null; path: readonly string[] }, say: (line: string) => void): void {
	if (result.violation === null) return;
	for (const [number, line] of result.path.entries()) say(`  ${number + 1}. ${line}`);
	say(`VIOLATED ${result.violation}`);
}

function wordsOf(bounds: Bounds): string {
	const words = NAMES.map((name) => `${name} ${bounds[name]}`).join(", ");
	const { setting } = bounds;
	if (setting === undefined) return words;
	return `${words}; node ${setting.leader + 1} leads ${setting.members}, to be changed to ${setting.changes.join(" or ")}`;
}

const program = new Command("npm run explore --")
	.exitOverride(usageError)
	.description(
		"Explores every state of a small cluster of real Raft nodes within bounds, nearest first, and checks the invariants on each.",
	)
	.option("--nodes <n>", "voters", integer(1, 5))
	.option("--terms <n>", "the highest term that an election leads to", integer(1, 15))
	.option("--timeouts <n>", "times that an election timer fires", integer(0, SPENT_MAX))
	.option("--heartbeats <n>", "times that a leader's timer fires", integer(0, SPENT_MAX))
	.option("--transfers <n>", "times that a leader is asked to hand over", integer(0, SPENT_MAX))
	.option(
		"--changes <n>",
		"times that a leader is asked to change the members; of a scope that has some",
		integer(0, SPENT_MAX),
	)
	.option("--entries <n>", "commands that are proposed", integer(0, SPENT_MAX))
	.option("--reads <n>", "linearizable reads", integer(0, SPENT_MAX))
	.option("--crashes <n>", "crashes, each with a restart", integer(0, SPENT_MAX))
	.option("--duplicates <n>", "messages that arrive and come again", integer(0, SPENT_MAX))
	.option("--messages <n>", "messages in flight at once; what is more is lost, in every way", integer(1, 64))
	.option("--states <n>", "stop after so many states", integer(1, 4_000_000_000))
	.option("--seconds <n>", "stop after so long, for each scope", integer(1, 1_000_000))
	.addOption(
		new Option("--scope <name>", "bounds to begin with; all: one scope after the other").choices([
			...SCOPES.map(({ name }) => name),
			"all",
		]),
	)
	.option(
		"--bug-hunt [walks]",
		"walk at random through wide bounds, instead of searching all",
		integer(1, 1_000_000_000),
	)
	.option("--seed <n>", "of the walks", integer(0, 0xffffffff), 1)
	.option("--json", "a line of JSON for each scope, and nothing else")
	.addHelpText("after", `\nWithout options: ${NAMES.map((name) => `--${name} ${DEFAULT_BOUNDS[name]}`).join(" ")}`)
	.parse();

const options = program.opts<Options>();
const given: { -readonly [Name in keyof Bounds]?: Bounds[Name] } = {};
for (const name of NAMES) {
	const value = options[name];
	if (value !== undefined) given[name] = value;
}
if (options.bugHunt !== undefined) process.exit(walk({ ...HUNT_BOUNDS, ...given }, options) ? 0 : 1);
const chosen =
	options.scope === undefined
		? [{ name: "bounds", bounds: DEFAULT_BOUNDS }]
		: SCOPES.filter(({ name }) => options.scope === "all" || options.scope === name);
let isComplete = true;
for (const { name, bounds } of chosen) {
	const result = search(name, { ...bounds, ...given }, options);
	if (result.violation !== null) process.exit(1);
	isComplete &&= result.isComplete;
}
process.exitCode = isComplete ? 0 : 3;
