/**
 * `npm test`: every check of the project, one after the other, with one line for each and a closing
 * line that counts the tests. Stops at the first step that fails, with that step's output.
 */
import { spawn } from "node:child_process";

interface Step {
	readonly title: string;
	readonly command: readonly string[];
	/** True when its tests are among those of another step: they are not counted again. */
	readonly isRepeated?: boolean;
}

const STEPS: readonly Step[] = [
	{ title: "types", command: ["npx", "--no-install", "tsc", "--noEmit"] },
	{ title: "lint and format", command: ["npx", "--no-install", "biome", "check", "."] },
	{ title: "firmware for the emulated board", command: ["node", "--import", "tsx", "scripts/build.ts"] },
	{ title: "unit, property and single-board tests", command: ["npx", "--no-install", "mocha"] },
	{
		title: "branches of core/raft that its own tests take",
		command: ["node", "--import", "tsx", "scripts/coverage.ts"],
		isRepeated: true,
	},
	{
		title: "mistakes of others, put into core/raft: its scenarios and tests notice each",
		command: ["node", "--import", "tsx", "scripts/mutants.ts", "--folder", "core/raft", "--stages", "scenarios,tests"],
		isRepeated: true,
	},
	{ title: "300 seeds of the simulator", command: ["node", "--import", "tsx", "scripts/sim.ts", "--seeds", "300"] },
	{ title: "the core's tests inside XS", command: ["node", "--import", "tsx", "scripts/test-xs.ts"] },
	{
		title: "five boards: start, demo, power cuts, allocation, members, floods, faults that outsiders found",
		command: ["npx", "--no-install", "mocha", "--no-config", "--import=tsx", "test/boards/*.test.ts"],
	},
];

interface Outcome {
	readonly code: number;
	readonly output: string;
}

function run(step: Step): Promise<Outcome> {
	return new Promise((resolve, reject) => {
		const child = spawn(step.command[0], step.command.slice(1), { stdio: ["ignore", "pipe", "pipe"] });
		let output = "";
		const take = (piece: Buffer) => {
			output += piece.toString();
			if (process.env["BALSA_VERBOSE"]) process.stdout.write(piece);
		};
		child.stdout.on("data", take);
		child.stderr.on("data", take);
		child.on("error", reject);
		child.on("close", (code) => resolve({ code: code ?? 1, output }));
	});
}

/** Adds up what the runners print: mocha's "12 passing", and "12 passed, 0 failed" of the others. */
function count(output: string): { passed: number; failed: number } {
	let passed = 0;
	let failed = 0;
	for (const match of output.matchAll(/^\s*(\d+) (passing|failing)\b/gm)) {
		if (match[2] === "passing") passed += Number(match[1]);
		else failed += Number(match[1]);
	}
	for (const match of output.matchAll(/^(?:\S+: )?(\d+) passed, (\d+) failed/gm)) {
		passed += Number(match[1]);
		failed += Number(match[2]);
	}
	return { passed, failed };
}

async function main(): Promise<number> {
	let passed = 0;
	let failed = 0;
	for (const step of STEPS) {
		process.stdout.write(`${step.title} … `);
		const started = Date.now();
		const outcome = await run(step);
		const counted = step.isRepeated ? { passed: 0, failed: 0 } : count(outcome.output);
		passed += counted.passed;
		failed += counted.failed;
		const seconds = ((Date.now() - started) / 1000).toFixed(1);
		const tests = counted.passed > 0 ? `, ${counted.passed} passed` : "";
		console.log(`${outcome.code === 0 ? "ok" : "FAILED"} (${seconds} s${tests})`);
		if (outcome.code !== 0) {
			console.log(outcome.output);
			console.log(`"${step.command.join(" ")}" ended with ${outcome.code}`);
			failed = Math.max(failed, 1);
			break;
		}
	}
	console.log(`${passed} passed, ${failed} failed`);
	return failed === 0 ? 0 : 1;
}

process.exitCode = await main();
