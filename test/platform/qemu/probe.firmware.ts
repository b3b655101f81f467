/**
 * Firmware for the tests of the board: says hello, then does what datagrams tell it to. The first byte
 * of a datagram is the command; the answer goes back to where it came from.
 */
import {
	address,
	CHUNK_BYTES_ALLOCATED,
	CHUNK_BYTES_CAPACITY,
	CHUNK_BYTES_USED,
	COLLECTIONS,
	counter,
	exit,
	microseconds,
	milliseconds,
	NATIVE_STACK_PEAK,
	print,
	random32,
	SLOTS_ALLOCATED,
	SLOTS_CAPACITY,
	SLOTS_USED,
	STACK_PEAK,
	setTurn,
} from "../../../platform/qemu/board";
import { BoardFlash } from "../../../platform/qemu/flash";
import { BoardNetwork } from "../../../platform/qemu/network";
import { ECHO, ERASE, EXIT, FREEZE, HANG, MEASURE, OVERFLOW, RAISE, READ, RECURSE, THROW } from "./probe";

const TABLE = Object.freeze([1, 2, 3]);
const BUFFER = new Uint8Array(4);
const TURN_MS = 250;

class Probe {
	static shared = 1;
	private readonly network = new BoardNetwork(7000);
	private readonly flash = new BoardFlash();
	private readonly buffer = new Uint8Array(1472);
	private kept: unknown[] = [];
	private turns = 0;

	constructor() {
		this.flash.read(0, this.buffer, 0, 4);
		print(`flash ${this.flash.size} ${this.buffer[0]} ${this.buffer[1]}`);
		print(`random ${random32()} ${random32()}`);
		print(`pools ${counter(SLOTS_CAPACITY)} ${counter(CHUNK_BYTES_CAPACITY)}`);
		print(`used ${counter(SLOTS_USED)} ${counter(CHUNK_BYTES_USED)}`);
		print(`hello from ${address() % 256}`);
	}

	turn(): number {
		this.turns += 1;
		let length = this.network.receive(this.buffer);
		while (length > 0) {
			this.command(length);
			length = this.network.receive(this.buffer);
		}
		return TURN_MS;
	}

	private reply(length: number): void {
		// To nowhere: it is dropped, and nothing is thrown.
		this.network.send(this.network.sourceAddress, 0, this.buffer, length);
		this.network.send(this.network.sourceAddress, this.network.sourcePort, this.buffer, length);
	}

	private command(length: number): void {
		switch (this.buffer[0]) {
			case ECHO:
				this.reply(length);
				break;
			case MEASURE:
				this.measure();
				break;
			case READ:
				this.flash.read(8192, this.buffer, 0, 16);
				this.reply(16);
				break;
			case ERASE: {
				const before = microseconds();
				this.flash.erase(8192);
				const erased = microseconds();
				this.flash.program(8192, this.buffer, 1, 8);
				print(`erase ${Math.round((erased - before) / 1000)} ms, program ${microseconds() - erased} us`);
				this.reply(1);
				break;
			}
			case RAISE:
				this.raiseBit();
				break;
			case THROW:
				this.first();
				break;
			case HANG:
				print("hanging");
				while (milliseconds() >= 0);
				break;
			case OVERFLOW:
				for (;;) this.kept.push({ turns: this.turns });
			case RECURSE:
				this.recurse(1);
				break;
			case FREEZE:
				this.freeze();
				break;
			case EXIT:
				exit(this.buffer[1]);
		}
	}

	/** The counters as they are now; nothing here allocates. */
	private measure(): void {
		const view = this.view;
		view.setFloat64(0, counter(SLOTS_ALLOCATED));
		view.setFloat64(8, counter(CHUNK_BYTES_ALLOCATED));
		view.setFloat64(16, counter(COLLECTIONS));
		view.setFloat64(24, counter(STACK_PEAK));
		view.setFloat64(32, counter(NATIVE_STACK_PEAK));
		view.setFloat64(40, this.turns);
		this.reply(48);
	}
	private readonly view = new DataView(this.buffer.buffer);

	private raiseBit(): void {
		this.buffer.fill(0, 0, 8);
		this.flash.program(12288, this.buffer, 0, 8);
		this.buffer[3] = 1;
		this.flash.program(12288, this.buffer, 0, 8);
	}

	private first(): void {
		this.second();
	}

	private second(): void {
		throw new RangeError("thrown on purpose");
	}

	private recurse(depth: number): number {
		return this.recurse(depth + 1) + 1;
	}

	/** What is at the top level of a module lies in flash. */
	private freeze(): void {
		let caught = 0;
		try {
			Probe.shared = 2;
		} catch {
			caught += 1;
		}
		try {
			BUFFER[0] = 1;
		} catch {
			caught += 2;
		}
		try {
			Object.assign(Probe.prototype, { turn: undefined });
		} catch {
			caught += 4;
		}
		try {
			(TABLE as number[])[0] = 5;
		} catch {
			caught += 8;
		}
		this.buffer[0] = caught;
		this.buffer[1] = Probe.shared + BUFFER[0] + TABLE[0];
		this.reply(2);
	}
}

export default function main(): void {
	const probe = new Probe();
	setTurn(() => probe.turn());
}
