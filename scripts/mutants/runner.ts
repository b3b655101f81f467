/** Takes one mutant through the stages until something notices it. */
import type { Bundle } from "./bundle";
import type { Mutant } from "./mutant";
import type { Results, Stage, Verdict } from "./results";
import { bundleTests, runTests, scenarios, unitTests } from "./tests";
import { bundleExploration, bundleSimulator, type Found, look } from "./worlds";

/** Seeds after which the simulator's verdict is kept: a run that is cut goes on from there. */
const SEEDS_A_STEP = 200;

export interface Plan {
	readonly stages: readonly Stage[];
	/** Seeds of the simulator for a mutant at most. */
	readonly seeds: number;
	/** When to stop, as `Date.now()` counts. */
	readonly deadlineMs: number;
}

export interface Outcome {
	/** The stage that caught it, or undefined. */
	readonly stage: Stage | undefined;
	/** What noticed it, in words. */
	readonly by: string;
	/** Seeds of the simulator that were run. */
	readonly seeds: number;
	/** False when the time was over before all stages were done. */
	readonly isWhole: boolean;
}

/** @param mutant undefined for the source as it is, which no stage may complain of */
export async function judge(mutant: Mutant | undefined, plan: Plan, results: Results): Promise<Outcome> {
	let seeds = 0;
	for (const stage of plan.stages) {
		if (Date.now() > plan.deadlineMs) return { stage: undefined, by: "", seeds, isWhole: false };
		const verdicts = await STAGE_OF[stage](mutant, plan, results);
		if (stage === "simulator") seeds = verdicts.at(-1)?.count ?? 0;
		const caught = verdicts.find((verdict) => verdict.caught !== null);
		if (caught !== undefined) return { stage, by: caught.caught ?? "", seeds, isWhole: true };
	}
	const isWhole = !plan.stages.includes("simulator") || seeds >= plan.seeds;
	return { stage: undefined, by: "", seeds, isWhole };
}

type Asking = (mutant: Mutant | undefined, plan: Plan, results: Results) => Promise<Verdict[]>;

const STAGE_OF: { readonly [stage in Stage]: Asking } = {
	scenarios: async (mutant, _plan, results) => [await askTests(mutant, scenarios(), results)],
	tests: async (mutant, _plan, results) => {
		const verdicts: Verdict[] = [];
		for (const program of unitTests(mutant)) {
			const verdict = await askTests(mutant, program, results);
			verdicts.push(verdict);
			if (verdict.caught !== null) break;
		}
		return verdicts;
	},
	exploration: async (mutant, _plan, results) => {
		const built = await bundleExploration(mutant);
		return built === undefined ? [] : [await ask(mutant, "exploration", built, results, () => look(built))];
	},
	simulator: async (mutant, plan, results) => askSimulator(mutant, plan, results),
};

const UNSEEN: Verdict = { fingerprint: "", caught: null, count: 0, seconds: 0 };

async function askTests(
	mutant: Mutant | undefined,
	program: Parameters<typeof bundleTests>[1],
	results: Results,
): Promise<Verdict> {
	const built = await bundleTests(mutant, program);
	if (built === undefined) return UNSEEN;
	return ask(mutant, program.name, built, results, async () => {
		return { caught: await runTests(mutant, program, built), count: 0 };
	});
}

/** Asks, unless it is known what the answer is. */
async function ask(
	mutant: Mutant | undefined,
	part: string,
	built: Bundle,
	results: Results,
	question: () => Promise<Found>,
): Promise<Verdict> {
	const id = mutant?.id ?? "none";
	const known = results.get(id, part, built.fingerprint);
	if (known !== undefined) return known;
	const started = Date.now();
	const { caught, count } = await question();
	const verdict = { fingerprint: built.fingerprint, caught, count, seconds: (Date.now() - started) / 1000 };
	// A complaint of the source as it is may be an accident of the machine: it is asked again.
	if (mutant !== undefined || caught === null) results.set(id, part, verdict);
	return verdict;
}

async function askSimulator(mutant: Mutant | undefined, plan: Plan, results: Results): Promise<Verdict[]> {
	const built = await bundleSimulator(mutant);
	if (built === undefined) return [];
	const id = mutant?.id ?? "none";
	const { fingerprint } = built;
	let verdict = results.get(id, "simulator", fingerprint) ?? { ...UNSEEN, fingerprint };
	while (verdict.caught === null && verdict.count < plan.seeds && Date.now() < plan.deadlineMs) {
		const started = Date.now();
		const from = verdict.count + 1;
		const found = await look(built, from, Math.min(plan.seeds, verdict.count + SEEDS_A_STEP));
		verdict = { fingerprint, ...found, seconds: verdict.seconds + (Date.now() - started) / 1000 };
		if (mutant !== undefined || found.caught === null) results.set(id, "simulator", verdict);
	}
	// Caught by a later seed than is asked for now: not caught within these.
	if (verdict.caught !== null && verdict.count > plan.seeds) return [{ ...verdict, caught: null, count: plan.seeds }];
	return [verdict];
}
