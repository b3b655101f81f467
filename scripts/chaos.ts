/**
 * Kill and restart rounds under load on five emulated boards: `node --import tsx scripts/chaos.ts`.
 * Exit code 0 only if nothing acknowledged was lost and nothing was applied twice.
 */
import { Command } from "commander";
import { integer } from "./balsa/parse";
import { chaos } from "./story/chaos";
import { failureOf, linesOf } from "./story/failure";
import { runStory, type Stage } from "./story/program";
import { seconds } from "./story/steps";
import { usageError } from "./story/usage";

interface Options {
	rounds: number;
	seed: number;
	json?: boolean;
	badNetwork?: boolean;
}

const SEED_MAX = 0xffffffff;

async function main(firmware: string, stage: Stage, options: Options): Promise<number> {
	const say = options.json ? () => {} : console.log;
	say(`${options.rounds} rounds, seed ${options.seed}`);
	try {
		const { badNetwork = false, rounds, seed } = options;
		const report = await chaos({
			firmware,
			rounds,
			seed,
			badNetwork,
			booted: stage.booted,
			round: say,
		});
		if (options.json) console.log(JSON.stringify(report));
		say(
			`Nothing is lost and nothing happened twice: ${report.acknowledged} writes acknowledged, ${report.unknown} with an unknown outcome, ${report.refused} refused, ${report.reads} reads.`,
		);
		say(
			`${report.rounds} rounds: ${report.leaderKills} leaders and ${report.followerKills} others killed, two dead at once in ${report.twoDead}; ${report.elections} elections, ${report.snapshotsInstalled} snapshots taken in; the slowest write ${seconds(report.slowestWriteMs)}; in all ${seconds(report.milliseconds)}.`,
		);
		return 0;
	} catch (error) {
		const failure = failureOf(error, stage.boards);
		if (options.json) console.log(JSON.stringify({ held: false, seed: options.seed, ...failure }));
		say([`FAILED, seed ${options.seed}`, ...linesOf(failure)].join("\n"));
		return 1;
	}
}

const program = new Command("npm run chaos --")
	.exitOverride(usageError)
	.description(
		"Kills boards at random moments under load, restarts them, and checks that nothing acknowledged is lost.",
	)
	.option("--rounds <n>", "kills", integer(1, 100_000), 50)
	.option("--seed <n>", "decides who is killed and when", integer(0, SEED_MAX), Math.floor(Math.random() * SEED_MAX))
	.option("--bad-network", "lose and delay frames between boards as well")
	.option("--json", "one line of JSON at the end")
	.parse();

const options = program.opts<Options>();
await runStory("chaos", options.json === true, (firmware, stage) => main(firmware, stage, options));
