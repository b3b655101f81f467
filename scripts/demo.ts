/** `npm run demo`: the story of scripts/story/story.ts, with what each step took. Exit code 0 only if all held. */
import { Command } from "commander";
import { integer } from "./balsa/parse";
import { type Failure, failureOf, linesOf } from "./story/failure";
import { runStory, type Stage } from "./story/program";
import { type StepReport, Steps, seconds } from "./story/steps";
import { tellStory } from "./story/story";
import { usageError } from "./story/usage";

const WRITES = 1000;
const WRITES_SMALL = 100;

interface DemoOptions {
	small?: boolean;
	times: number;
	json?: boolean;
}

interface Outcome {
	readonly held: boolean;
	readonly milliseconds: number;
	readonly steps: readonly StepReport[];
	readonly failure?: Failure;
}

async function tellOnce(firmware: string, stage: Stage, options: DemoOptions): Promise<Outcome> {
	const steps = new Steps(options.json ? undefined : (text) => process.stdout.write(text));
	const startMs = performance.now();
	const ended = () => ({ milliseconds: Math.round(performance.now() - startMs), steps: steps.reports });
	try {
		await tellStory({
			firmware,
			writes: options.small ? WRITES_SMALL : WRITES,
			steps,
			booted: stage.booted,
		});
		return { held: true, ...ended() };
	} catch (error) {
		return { held: false, ...ended(), failure: failureOf(error, stage.boards) };
	}
}

async function main(firmware: string, stage: Stage, options: DemoOptions): Promise<number> {
	const say = options.json ? () => {} : console.log;
	for (let time = 1; time <= options.times; time++) {
		say(options.times === 1 ? "Five boards:" : `Five boards, ${time} of ${options.times}:`);
		const outcome = await tellOnce(firmware, stage, options);
		if (options.json) console.log(JSON.stringify(outcome));
		if (outcome.failure !== undefined) {
			say([...linesOf(outcome.failure), `${time - 1} passed, 1 failed`].join("\n"));
			return 1;
		}
		say(`  All held, in ${seconds(outcome.milliseconds)}.`);
	}
	say(`${options.times} passed, 0 failed`);
	return 0;
}

const program = new Command("npm run demo --")
	.exitOverride(usageError)
	.description(
		"Boots five emulated boards and tells their story: they elect, commit, lose the leader and go on, take it back, are cut in two and heal, bear a slow erase, and one moves to the host.",
	)
	.option("--small", `write ${WRITES_SMALL} times instead of ${WRITES}`)
	.option("--times <n>", "tell it so often, each time on new boards", integer(1, 1000), 1)
	.option("--json", "one line of JSON for each time")
	.parse();

const options = program.opts<DemoOptions>();
await runStory("npm run demo", options.json === true, (firmware, stage) => main(firmware, stage, options));
