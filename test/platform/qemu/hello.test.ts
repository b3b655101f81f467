/** A real board boots from a built image: its console, network, flash, memory, and how it fails. */
import assert from "node:assert/strict";
import { closeSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildBoard } from "../../../scripts/firmware/build";
import { EmulatedBoard } from "../../../scripts/firmware/emulator";
import {
	BOARD_MEMORY,
	FOUND_ROW_BYTES,
	FOUND_ROWS,
	POOLS_BYTES_MAX,
	SLOT_BYTES,
} from "../../../scripts/firmware/memory";
import { Peer } from "./peer";
import { ECHO, ERASE, EXIT, FREEZE, HANG, MEASURE, OVERFLOW, RAISE, READ, RECURSE, THROW } from "./probe";

const FLASH_BYTES = 16 * 1024 * 1024;
const PARTITION_BYTES = 1024 * 1024;
/** platform/qemu/board/control.h */
const CONTROL_OFFSET = FLASH_BYTES - 4096;
const BOARD = 7;
const SOON_MS = 10_000;
/** A hung board restarts within three periods of two seconds; the host may be slow. */
const WATCHDOG_MS = 30_000;

const command = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);

describe("a board under QEMU", function () {
	this.timeout(240_000);
	const folder = mkdtempSync(join(tmpdir(), "balsa-board-"));
	const flash = join(folder, "flash");
	let elf: string;
	let peer: Peer;
	let board: EmulatedBoard;

	before(async () => {
		({ path: elf } = await buildBoard({ entry: "test/platform/qemu/probe.firmware.ts", name: "test-probe" }));
	});

	beforeEach(async () => {
		const file = openSync(flash, "w");
		writeSync(file, Buffer.alloc(PARTITION_BYTES, 0xff), 0, PARTITION_BYTES, 0);
		ftruncateSync(file, FLASH_BYTES);
		closeSync(file);
		peer = new Peer();
		await peer.listen();
		board = new EmulatedBoard({ elf, flash, network: peer.path, id: BOARD });
		await board.waitFor(/^hello from 7$/m, SOON_MS);
	});

	afterEach(async () => {
		await board.kill();
		peer.close();
	});

	after(() => rmSync(folder, { recursive: true, force: true }));

	async function ask(...bytes: number[]): Promise<Buffer> {
		peer.send(BOARD, command(...bytes));
		const answer = await peer.receive(SOON_MS);
		assert(answer !== undefined, `no answer; the board printed:\n${board.output}`);
		return answer;
	}

	/** Waits until the board has said hello again after a restart. */
	const restarted = (timeoutMs: number) => board.waitFor(/hello from 7[\s\S]*hello from 7/, timeoutMs);

	/** The line of the firmware on which the text stands, so that the test does not depend on a number. */
	const frame = (name: string, file: string) => new RegExp(`at ${name} \\(${file.replace(/[/.]/g, "\\$&")}:(\\d+)\\)`);

	it("says hello, with the fixed pools of an ESP32 and its modules in flash", () => {
		const [, slots, chunkBytes] = /pools (\d+) (\d+)/.exec(board.output) ?? [];
		const [, slotsUsed] = /used (\d+) (\d+)/.exec(board.output) ?? [];
		assert(Number(slots) > BOARD_MEMORY.slots - 4 && Number(chunkBytes) > BOARD_MEMORY.chunkBytes - 256);
		const foundBytes = FOUND_ROWS * FOUND_ROW_BYTES;
		assert(Number(slots) * SLOT_BYTES + Number(chunkBytes) + foundBytes <= POOLS_BYTES_MAX);
		assert(Number(slotsUsed) < 200, "built-ins and modules are in flash");
		assert.match(board.output, /flash 1048576 255 255/);
	});

	it("echoes datagrams of every length up to a frame's", async () => {
		for (const length of [1, 2, 17, 256, 1471, 1472]) {
			const payload = Buffer.alloc(length, length);
			payload[0] = ECHO;
			peer.send(BOARD, payload);
			assert.deepEqual(await peer.receive(SOON_MS), payload);
		}
	});

	it("allocates nothing for a datagram, and its counters only grow", async () => {
		for (let i = 0; i < 4; i++) await ask(MEASURE);
		const before = await ask(MEASURE);
		for (let i = 0; i < 200; i++) await ask(ECHO, i);
		const after = await ask(MEASURE);
		for (const offset of [0, 8, 16]) assert.equal(after.readDoubleBE(offset), before.readDoubleBE(offset));
		assert(after.readDoubleBE(0) > 0 && after.readDoubleBE(8) > 1472);
		assert(after.readDoubleBE(40) - before.readDoubleBE(40) >= 200, "a turn for each");
		assert(after.readDoubleBE(24) < BOARD_MEMORY.stackSlots);
		assert(after.readDoubleBE(32) < 12 * 1024, "machine stack");
	});

	it("keeps what it programs, in the file, and takes a chip's time", async () => {
		await ask(ERASE, 1, 2, 3, 4, 5, 6, 7, 8);
		const [, erase, program] = (await board.waitFor(/erase (\d+) ms, program (\d+) us/, SOON_MS)).map(Number);
		assert(erase >= 45 && program >= 700);
		await board.kill();
		const content = Buffer.alloc(9);
		const file = openSync(flash, "r");
		readSync(file, content, 0, 9, 8192);
		closeSync(file);
		assert.deepEqual([...content], [1, 2, 3, 4, 5, 6, 7, 8, 255]);
		board = new EmulatedBoard({ elf, flash, network: peer.path, id: BOARD });
		await board.waitFor(/^hello from 7$/m, SOON_MS);
		assert.deepEqual([...(await ask(READ)).subarray(0, 9)], [1, 2, 3, 4, 5, 6, 7, 8, 255]);
	});

	it("lets the host make an erase slow while it runs", async () => {
		const file = openSync(flash, "r+");
		writeSync(file, Buffer.from([0x90, 1, 0, 0]), 0, 4, CONTROL_OFFSET);
		closeSync(file);
		await ask(ERASE, 0, 0, 0, 0, 0, 0, 0, 0);
		const [, erase] = (await board.waitFor(/erase (\d+) ms/, SOON_MS)).map(Number);
		assert(erase >= 400);
	});

	it("throws when a program would raise a bit, prints file and line, and restarts with its flash", async () => {
		peer.send(BOARD, command(RAISE));
		await restarted(SOON_MS);
		assert.match(board.output, /uncaught exception: RangeError: flash: a program cannot raise a bit/);
		assert.match(board.output, frame("program", "platform/qemu/flash.ts"));
		assert.match(board.output, frame("raiseBit", "test/platform/qemu/probe.firmware.ts"));
	});

	it("prints the stack of an uncaught exception in lines of TypeScript", async () => {
		peer.send(BOARD, command(THROW));
		await restarted(SOON_MS);
		assert.match(board.output, /uncaught exception: RangeError: thrown on purpose/);
		const source = "test/platform/qemu/probe.firmware.ts";
		const [second, first] = ["second", "first"].map((name) => Number(frame(name, source).exec(board.output)?.[1]));
		assert(second - first === 4, `second() is four lines below its call in first(): ${second}, ${first}`);
	});

	it("freezes what modules hold at their top level", async () => {
		assert.deepEqual([...(await ask(FREEZE))], [1 + 2 + 4 + 8, 1 + 0 + 1]);
	});

	it("restarts by its watchdog when it hangs", async () => {
		peer.send(BOARD, command(HANG));
		await restarted(WATCHDOG_MS);
		assert.match(board.output, /watchdog: stuck at pc/);
	});

	it("restarts when memory or the stack is used up, and says where", async () => {
		peer.send(BOARD, command(OVERFLOW));
		await restarted(SOON_MS);
		assert.match(board.output, /engine: not enough memory\n at .*\n( at .*\n)* at turn \(test/);
		board.output = "hello from 7\n";
		peer.send(BOARD, command(RECURSE));
		await restarted(SOON_MS);
		assert.match(board.output, /engine: stack overflow\n at recurse \(test/);
	});

	it("ends the emulator with an exit code", async () => {
		peer.send(BOARD, command(EXIT, 3));
		assert.equal(await board.wait(SOON_MS), 3);
	});

	it("draws other random numbers after each start", async () => {
		const first = /random (.*)/.exec(board.output)?.[1];
		peer.send(BOARD, command(THROW));
		await restarted(SOON_MS);
		const [, ...rest] = [...board.output.matchAll(/random (.*)/g)].map(([, numbers]) => numbers);
		assert.equal(rest.length, 1);
		assert.notEqual(rest[0], first);
	});
});
