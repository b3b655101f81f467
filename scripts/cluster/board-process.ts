/** One emulated board: a QEMU that dies with us, however we die. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { closeSync, constants } from "node:fs";
import { openLocked } from "../../platform/node/locked-file";
import { macText } from "../switch/addresses";
import type { BoundedLog } from "./bounded-log";
import { execute } from "./machine-protocol";
import { Refusal } from "./refusal";

const EMULATOR = "qemu-system-arm";
const LINE_LENGTH_MAX = 500;
/** QEMU says so without a display to open; it means nothing to anyone. */
const NOISE = /ui-.*module/;

/**
 * `setpriv` has the kernel kill the process when its parent dies. A parent that died before that is
 * found by its process id, which `sh` compares; `exec` keeps the process, so its id is QEMU's.
 */
const DIE_WITH_PARENT = ["--pdeathsig", "KILL", "sh", "-c", '[ "$PPID" = "$0" ] && exec "$@"'];

export interface BoardFiles {
	readonly firmware: string;
	readonly flash: string;
	/** Unix sockets: of the switch, and of QEMU's machine protocol. */
	readonly network: string;
	readonly machine: string;
}

export interface BoardWatcher {
	/** A line on the board's console. */
	line(text: string): void;
	/** QEMU ended without being asked to. */
	died(reason: string): void;
}

/** @throws Refusal names the tool that is missing */
export function checkTools(): void {
	const tools = [
		{ name: EMULATOR, debian: "qemu-system-arm" },
		{ name: "setpriv", debian: "util-linux" },
		{ name: "flock", debian: "util-linux" },
	];
	for (const tool of tools)
		if (spawnSync(tool.name, ["--version"], { stdio: "ignore" }).status !== 0)
			throw new Refusal("MISSING_TOOL", `${tool.name} is missing (Debian package ${tool.debian})`);
}

export class BoardProcess {
	/** The last line on its console. */
	lastLine = "";
	readonly #id: number;
	readonly #files: BoardFiles;
	readonly #log: BoundedLog;
	readonly #watcher: BoardWatcher;
	#child: ChildProcess | undefined;
	#ended: Promise<void> = Promise.resolve();

	constructor(id: number, files: BoardFiles, log: BoundedLog, watcher: BoardWatcher) {
		this.#id = id;
		this.#files = files;
		this.#log = log;
		this.#watcher = watcher;
	}

	/** Its process id, or 0 where it does not run. */
	get pid(): number {
		return this.#child?.pid ?? 0;
	}

	/**
	 * @param prepare called with the flash locked, before QEMU starts
	 * @throws FileInUse where another process has the flash
	 */
	start(prepare: () => void): void {
		// In a group of its own, because Ctrl-C of a terminal goes to the whole group.
		const command = [...DIE_WITH_PARENT, String(process.pid), EMULATOR, ...this.#options()];
		// QEMU inherits the open file, so the lock lives as long as QEMU does, and no longer.
		const lock = openLocked(this.#files.flash, constants.O_RDWR);
		let child: ChildProcess;
		try {
			prepare();
			child = spawn("setpriv", command, { stdio: ["ignore", "pipe", "pipe", lock], detached: true });
		} finally {
			closeSync(lock);
		}
		this.#child = child;
		this.lastLine = "";
		const take = this.#lineReader();
		child.stdout?.on("data", take);
		child.stderr?.on("data", take);
		this.#ended = new Promise((resolve) => {
			const end = (reason: string) => {
				resolve();
				if (this.#child !== child) return;
				this.#child = undefined;
				this.#watcher.died(reason);
			};
			child.on("error", (error) => end(error.message));
			child.on("close", (code, signal) => end(signal === null ? `exit code ${code}` : signal));
		});
	}

	/** A power cut. Does nothing where it does not run. */
	kill(): Promise<void> {
		const child = this.#child;
		this.#child = undefined;
		child?.kill("SIGKILL");
		return this.#ended;
	}

	/** Stops the process: the world's time goes on, and the board's clock with it. */
	pause(): void {
		this.#child?.kill("SIGSTOP");
	}

	unpause(): void {
		this.#child?.kill("SIGCONT");
	}

	/** Stops the machine: its clock stands still. */
	freeze(): Promise<void> {
		return execute(this.#files.machine, "stop");
	}

	unfreeze(): Promise<void> {
		return execute(this.#files.machine, "cont");
	}

	#options(): string[] {
		const { firmware, flash, network, machine } = this.#files;
		return [
			...["-M", "mps2-an500,memory-backend=psram", "-kernel", firmware],
			...["-object", `memory-backend-file,id=psram,size=16M,share=on,mem-path=${optionValue(flash)}`],
			...["-netdev", `stream,id=switch,server=off,addr.type=unix,addr.path=${optionValue(network)}`],
			...["-net", `nic,netdev=switch,macaddr=${macText(this.#id)}`],
			...["-qmp", `unix:${optionValue(machine)},server=on,wait=off`],
			...["-display", "none", "-monitor", "none", "-serial", "stdio"],
		];
	}

	#lineReader(): (data: Buffer) => void {
		let rest = "";
		return (data) => {
			this.#log.write(data);
			const lines = (rest + data.toString("utf8")).split(/\r?\n/);
			rest = (lines.pop() ?? "").slice(0, LINE_LENGTH_MAX);
			for (const line of lines) {
				const text = line.trim().slice(0, LINE_LENGTH_MAX);
				if (text === "" || NOISE.test(text)) continue;
				this.lastLine = text;
				this.#watcher.line(text);
			}
		};
	}
}

/** A comma ends a value in QEMU's options; doubled, it is one. */
function optionValue(path: string): string {
	return path.replaceAll(",", ",,");
}
