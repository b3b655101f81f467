/**
 * `npm run histories`: small random histories, judged by the linearizability checker and by its
 * brute-force twin. Exit code 0 only if they agree on every one.
 */
import { Command } from "commander";
import { compare } from "../sim/history/agreement";
import { toJsonLine } from "../sim/history/history";
import { integer } from "./balsa/parse";
import { usageError } from "./story/usage";

interface Options {
	count: number;
	from: number;
	json?: boolean;
}

const SEED_MAX = 0xffffffff;
/** Disagreements that are shown whole. */
const SHOWN_MAX = 3;

const program = new Command("npm run histories --")
	.exitOverride(usageError)
	.description("Compares the linearizability checker with its brute-force twin on small random histories.")
	.option("--count <n>", "histories", integer(1, 100_000_000), 100_000)
	.option("--from <seed>", "the first seed; the others follow it", integer(1, SEED_MAX), 1)
	.option("--json", "one line of JSON at the end")
	.parse();

const { count, from, json } = program.opts<Options>();
const say = json ? () => {} : console.log;
let linearizable = 0;
let corrupted = 0;
let disagreements = 0;
for (let seed = from; seed < from + count; seed++) {
	const comparison = compare(seed);
	if (comparison.isLinearizable) linearizable++;
	if (comparison.isCorrupted) corrupted++;
	if (comparison.agrees) continue;
	if (++disagreements > SHOWN_MAX) continue;
	const { initialRevision, verdict } = comparison;
	say(
		`seed ${seed}, from revision ${initialRevision}: the checker says "${verdict.verdict}", the twin that it is ${comparison.isLinearizable ? "" : "not "}linearizable`,
	);
	if (verdict.violation !== null) say(verdict.violation.message);
	for (const operation of comparison.operations) say(toJsonLine(operation));
}
const notLinearizable = count - linearizable;
if (json) console.log(JSON.stringify({ count, from, corrupted, linearizable, notLinearizable, disagreements }));
say(
	`${count} histories, ${corrupted} of them corrupted: ${linearizable} linearizable, ${notLinearizable} not, ${disagreements} disagreements`,
);
process.exitCode = disagreements === 0 ? 0 : 1;
