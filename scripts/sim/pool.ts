/**
 * Processes that run seeds, one job at a time each. One that crashes, or whose seed goes on for
 * ever, is replaced, and its seed is a failure by name.
 */
import { type ChildProcess, fork } from "node:child_process";
import type { Done, Failure, Job, Said } from "./messages";
import { Totals } from "./totals";

/** Ends a run that allocates without end long before the machine feels it. */
const HEAP_MEGABYTES = 1024;
/** Of what a process says when it dies. */
const COMPLAINT_LINES = 12;

export const RUNS_FOR_EVER = "runs for ever";
export const PROCESS_DIED = "the process that ran it died";

export interface PoolOptions {
	readonly bundle: string;
	readonly jobs: number;
	/** A seed that takes longer runs for ever. */
	readonly secondsMax: number;
	/** Told each step in words, of jobs that ask for it. */
	readonly print?: (line: string) => void;
}

/** What became of a job: all of it, or all up to a seed that never came back. */
export type Ended = Done | { readonly kind: "lost"; readonly failure: Failure };

class Worker {
	private readonly options: PoolOptions;
	private child: ChildProcess | null = null;
	private complaint = "";

	constructor(options: PoolOptions) {
		this.options = options;
	}

	private start(): ChildProcess {
		const child = fork(this.options.bundle, [], {
			execArgv: ["--enable-source-maps", `--max-old-space-size=${HEAP_MEGABYTES}`],
			serialization: "advanced",
			stdio: ["ignore", "inherit", "pipe", "ipc"],
		});
		this.complaint = "";
		child.stderr?.setEncoding("utf8").on("data", (piece: string) => {
			this.complaint = (this.complaint + piece).slice(-4000);
		});
		return child;
	}

	run(job: Job): Promise<Ended> {
		this.child ??= this.start();
		const child = this.child;
		const { print, secondsMax } = this.options;
		return new Promise((resolve, reject) => {
			let seed = job.from;
			let isOver = false;
			const hang = () => {
				isOver = true;
				child.kill("SIGKILL");
			};
			let timer = setTimeout(hang, secondsMax * 1000);
			const end = (ended: Ended) => {
				clearTimeout(timer);
				child.off("message", hear).off("close", lose).off("error", reject);
				resolve(ended);
			};
			const hear = (said: Said) => {
				if (said.kind === "lines") for (const line of said.lines) print?.(line);
				else if (said.kind === "done") end(said);
				else if (said.kind === "seed") {
					seed = said.seed;
					clearTimeout(timer);
					timer = setTimeout(hang, secondsMax * 1000);
				}
			};
			const lose = (code: number | null, signal: string | null) => {
				this.child = null;
				const property = isOver ? RUNS_FOR_EVER : PROCESS_DIED;
				const why = isOver ? `for more than ${secondsMax} seconds` : `with ${signal ?? code}`;
				const lines = this.complaint.trim().split("\n").slice(-COMPLAINT_LINES);
				end({ kind: "lost", failure: { seed, property, message: `${property}: ${why}`, atMs: -1, lines } });
			};
			child.on("message", hear).once("close", lose).once("error", reject);
			child.send(job);
		});
	}

	stop(): void {
		this.child?.kill("SIGKILL");
		this.child = null;
	}
}

export class Pool {
	readonly size: number;
	private readonly workers: Worker[] = [];
	private readonly idle: Worker[] = [];
	private readonly waiting: ((worker: Worker) => void)[] = [];

	constructor(options: PoolOptions) {
		this.size = options.jobs;
		for (let i = 0; i < options.jobs; i++) this.workers.push(new Worker(options));
		this.idle.push(...this.workers);
	}

	/** Runs a job in the next process that is free; of a seed that is lost, what came before it counts. */
	async run(job: Job): Promise<Done> {
		const worker = this.idle.shift() ?? (await new Promise<Worker>((resolve) => this.waiting.push(resolve)));
		try {
			return await runWhole(worker, job);
		} finally {
			const next = this.waiting.shift();
			if (next === undefined) this.idle.push(worker);
			else next(worker);
		}
	}

	/** Ends the processes; what they were doing is lost. */
	stop(): void {
		for (const worker of this.workers) worker.stop();
	}
}

/** A process that dies takes with it what it has counted: the seeds before and after are run apart. */
async function runWhole(worker: Worker, job: Job): Promise<Done> {
	const ended = await worker.run(job);
	if (ended.kind === "done") return ended;
	const { failure } = ended;
	const totals = new Totals();
	const failures: Failure[] = [];
	let { history }: { history: string | null } = { history: null };
	const join = (part: Done) => {
		totals.add(part.totals);
		failures.push(...part.failures);
		history = part.history ?? history;
	};
	if (failure.seed > job.from) join(await runWhole(worker, { ...job, to: failure.seed - 1 }));
	if (failures.length === 0 || job.keepGoing) failures.push(failure);
	if (job.keepGoing && failure.seed < job.to) join(await runWhole(worker, { ...job, from: failure.seed + 1 }));
	return { kind: "done", totals: totals.data(), failures, history };
}
