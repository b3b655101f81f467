/** One emulated board as a process: for builds, tests and benchmarks. The launcher of clusters is scripts/cluster. */
import { type ChildProcess, spawn } from "node:child_process";

export interface BoardOptions {
	elf: string;
	/** A file of exactly 16 MiB behind the flash; without one it is memory, gone with the process. */
	flash?: string;
	/** Path of the unix socket that the Ethernet controller connects to; without one there is no network. */
	network?: string;
	/** Last byte of the MAC address, and of the IPv4 address: 1 to 99. */
	id?: number;
	/** Time counts instructions: 1,000 a microsecond, each run like the other. */
	deterministic?: boolean;
	/** A reset of the board ends the process instead. */
	exitOnReset?: boolean;
}

/** @returns the parameters of qemu-system-arm; the serial line is its standard output */
export function boardParameters(options: BoardOptions): string[] {
	const id = (options.id ?? 1).toString(16).padStart(2, "0");
	const { flash, network } = options;
	return [
		"-M",
		flash === undefined ? "mps2-an500" : "mps2-an500,memory-backend=psram",
		...(flash === undefined ? [] : ["-object", `memory-backend-file,id=psram,size=16M,mem-path=${flash},share=on`]),
		...["-kernel", options.elf, "-display", "none", "-monitor", "none", "-serial", "stdio"],
		...["-semihosting-config", "enable=on,target=native"],
		...(network === undefined
			? ["-net", "none"]
			: [
					...["-netdev", `stream,id=lan,server=off,addr.type=unix,addr.path=${network}`],
					...["-net", `nic,netdev=lan,macaddr=52:54:00:00:00:${id}`],
				]),
		...(options.deterministic === true ? ["-icount", "shift=0,sleep=off", "-rtc", "clock=vm"] : []),
		...(options.exitOnReset === true ? ["-no-reboot"] : []),
	];
}

/** A running board whose console is read as lines. Ends with this process, however that ends. */
export class EmulatedBoard {
	readonly process: ChildProcess;
	/** Everything that was printed so far. */
	output = "";
	private changed: () => void = () => {};
	private ended: Promise<number | null>;

	constructor(options: BoardOptions) {
		this.process = spawn("setpriv", ["--pdeathsig", "KILL", "qemu-system-arm", ...boardParameters(options)], {
			stdio: ["ignore", "pipe", "pipe"],
		});
		const take = (text: string) => {
			this.output += text;
			this.changed();
		};
		// A board prints byte by byte: a character may come in parts.
		this.process.stdout?.setEncoding("utf8").on("data", take);
		this.process.stderr?.setEncoding("utf8").on("data", take);
		this.ended = new Promise((resolve) => {
			this.process.on("error", () => resolve(null));
			this.process.on("close", (code) => {
				resolve(code);
				this.changed();
			});
		});
	}

	/** Waits for a line; throws with what was printed when the time is over or the board has ended. */
	async waitFor(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray> {
		const deadline = Date.now() + timeoutMs;
		for (;;) {
			const match = pattern.exec(this.output);
			if (match !== null) return match;
			const left = deadline - Date.now();
			if (left <= 0 || this.process.exitCode !== null)
				throw new Error(`the board did not print ${String(pattern)}; it printed:\n${this.output}`);
			await new Promise<void>((resolve) => {
				const timer = setTimeout(resolve, left);
				this.changed = () => {
					clearTimeout(timer);
					resolve();
				};
			});
		}
	}

	/** Waits for the process to end by itself, at most so long; then it is killed. @returns its exit code */
	async wait(timeoutMs: number): Promise<number | null> {
		const timer = setTimeout(() => this.kill(), timeoutMs);
		const code = await this.ended;
		clearTimeout(timer);
		return code;
	}

	/** As a loss of power: what is in flash stays. */
	async kill(): Promise<void> {
		this.process.kill("SIGKILL");
		await this.ended;
	}
}
