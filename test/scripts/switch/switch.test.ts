import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OUTSIDE } from "../../../scripts/switch/addresses";
import { arpRequestTarget, udpFrame } from "../../../scripts/switch/frames";
import { Switch } from "../../../scripts/switch/switch";
import { FakeBoard, HostProcess } from "./fake-board";

function arpRequest(from: number, target: number): Buffer {
	const mac = `5254000000${from.toString(16).padStart(2, "0")}`;
	const address = (last: number) => `0a4d00${last.toString(16).padStart(2, "0")}`;
	const fields = ["ffffffffffff", mac, "0806", "0001080006040001", mac, address(from), "000000000000", address(target)];
	return Buffer.from(fields.join(""), "hex");
}

describe("switch: boards and processes of the host", () => {
	let folder: string;
	let ethernet: Switch;
	let boards: FakeBoard[];
	let processes: HostProcess[];

	async function open(members = [1, 2, 3], outsideMax = 4): Promise<void> {
		ethernet = await Switch.open({ members, folder, seed: 1, outsideMax });
		for (const id of members) boards[id] = await FakeBoard.connect(id, ethernet.boardPath(id));
		// A connection is accepted in a turn of its own.
		while (members.some((id) => !ethernet.isPresent(id))) await new Promise(setImmediate);
	}

	async function host(): Promise<HostProcess> {
		const process = await HostProcess.open();
		processes.push(process);
		return process;
	}

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "bs-"));
		boards = [];
		processes = [];
	});
	afterEach(() => {
		for (const board of boards) board?.socket.destroy();
		for (const process of processes) process.close();
		ethernet?.close();
		rmSync(folder, { recursive: true, force: true });
	});

	it("brings a frame to the board that it is for, and to no other", async () => {
		await open();
		const frame = udpFrame(1, 7000, 2, 7000, Buffer.from("hello"));
		boards[1].send(frame);
		assert.deepEqual(await boards[2].frames.next(), frame);
		boards[2].say(3, "marker");
		assert.equal(await boards[3].text(), "marker");
	});

	it("brings a broadcast to all others", async () => {
		await open();
		boards[1].send(arpRequest(1, 3));
		assert.equal(arpRequestTarget(await boards[2].frames.next()), 3);
		assert.equal(arpRequestTarget(await boards[3].frames.next()), 3);
		assert.deepEqual(boards[1].frames.items, []);
	});

	it("takes a further member in, and loses what was on its way to one that is taken away", async () => {
		await open([1, 2]);
		boards[1].say(3, "nobody yet");
		await ethernet.add(3);
		boards[3] = await FakeBoard.connect(3, ethernet.boardPath(3));
		while (!ethernet.isPresent(3)) await new Promise(setImmediate);
		boards[1].say(3, "hello");
		assert.equal(await boards[3].text(), "hello");
		boards[3].say(1, "and back");
		assert.equal(await boards[1].text(), "and back");
		const outside = await host();
		outside.say(ethernet.loopbackPort(3), "from outside");
		assert.equal(await boards[3].text(), "from outside");
		ethernet.setFaults(undefined, 3, { delayMs: 20 });
		boards[1].say(3, "late");
		boards[1].say(2, "marker");
		assert.equal(await boards[2].text(), "marker");
		ethernet.remove(3);
		const before = ethernet.counters.unknown;
		await new Promise((resolve) => setTimeout(resolve, 60));
		assert.deepEqual(boards[3].frames.items, []);
		boards[1].say(3, "gone");
		while (ethernet.counters.unknown === before) await new Promise(setImmediate);
		// Its number may be given again.
		await ethernet.add(3);
		assert.equal(ethernet.faults(1, 3).delayMs, 0);
		await assert.rejects(ethernet.add(3), /a new number/);
		await assert.rejects(ethernet.add(100), /a new number/);
	});

	it("gives each outside process an address, answers ARP for it, and takes the answer back", async () => {
		await open();
		const [a, b] = [await host(), await host()];
		a.say(ethernet.loopbackPort(1), "from a");
		const fromA = await boards[1].datagram();
		b.say(ethernet.loopbackPort(1), "from b");
		const fromB = await boards[1].datagram();
		assert.deepEqual([fromA.source, fromA.sourcePort, fromA.destinationPort], [100, a.port, 7000]);
		assert.deepEqual([fromB.source, fromB.sourcePort], [101, b.port]);

		boards[1].send(arpRequest(1, 101));
		const reply = await boards[1].frames.next();
		assert.equal(reply.subarray(0, 42).toString("hex", 28, 32), "0a4d0065");

		boards[1].say(100, "to a", a.port);
		boards[1].say(101, "to b", b.port);
		assert.deepEqual(await a.inbox.next(), { text: "to a", port: ethernet.loopbackPort(1) });
		assert.deepEqual(await b.inbox.next(), { text: "to b", port: ethernet.loopbackPort(1) });
	});

	it("forgets the least recently used of the outside processes when there are too many", async () => {
		await open([1], 2);
		const all = [await host(), await host(), await host()];
		const address = async (process: HostProcess) => {
			process.say(ethernet.loopbackPort(1), "x");
			return (await boards[1].datagram()).source;
		};
		assert.equal(await address(all[0]), 100);
		assert.equal(await address(all[1]), 101);
		assert.equal(await address(all[0]), 100);
		assert.equal(await address(all[2]), 101);
		assert.equal(await address(all[0]), 100);
		assert.equal(await address(all[1]), 101);
	});

	it("lets a process of the host stand in for a board", async () => {
		await open();
		const member = await host();
		ethernet.attach(3, member.port);

		// A board writes to the address that it knows, and finds out who has it as before.
		boards[1].send(arpRequest(1, 3));
		assert.equal((await boards[1].frames.next()).subarray(6, 12).toString("hex"), "525400000003");
		boards[1].say(3, "to the member");
		assert.deepEqual(await member.inbox.next(), { text: "to the member", port: ethernet.loopbackPort(1) });
	});

	it("gives a member on the host its own address and port towards boards", async () => {
		await open();
		const member = await host();
		ethernet.attach(3, member.port);
		member.say(ethernet.loopbackPort(2), "from the member");
		const datagram = await boards[2].datagram();
		assert.deepEqual([datagram.source, datagram.sourcePort, datagram.payload.toString()], [3, 7000, "from the member"]);
	});

	it("joins two members on the host, and clients with them", async () => {
		await open();
		const [second, third, client] = [await host(), await host(), await host()];
		ethernet.attach(2, second.port);
		ethernet.attach(3, third.port);
		second.say(ethernet.loopbackPort(3), "2 to 3");
		assert.deepEqual(await third.inbox.next(), { text: "2 to 3", port: ethernet.loopbackPort(2) });

		client.say(ethernet.loopbackPort(3), "ask");
		const asked = await third.inbox.next();
		assert.equal(asked.text, "ask");
		third.say(asked.port, "answer");
		assert.deepEqual(await client.inbox.next(), { text: "answer", port: ethernet.loopbackPort(3) });
	});

	it("drops what a board sends whose place was taken, until it has it back", async () => {
		await open();
		const member = await host();
		ethernet.attach(3, member.port);
		boards[3].say(1, "ghost");
		member.say(ethernet.loopbackPort(1), "member");
		assert.equal(await boards[1].text(), "member");
		await new Promise(setImmediate);
		ethernet.detach(3);
		boards[3].say(1, "back");
		assert.equal(await boards[1].text(), "back");
	});

	it("has faults for each direction, between boards, members on the host and outside", async () => {
		await open();
		const [member, client] = [await host(), await host()];
		ethernet.attach(3, member.port);
		ethernet.setFaults(1, 2, { cut: true });
		ethernet.setFaults(3, 2, { cut: true });
		ethernet.setFaults(OUTSIDE, 2, { cut: true });
		boards[1].say(2, "lost");
		boards[2].say(1, "arrives");
		assert.equal(await boards[1].text(), "arrives");
		member.say(ethernet.loopbackPort(2), "lost");
		client.say(ethernet.loopbackPort(2), "lost");
		client.say(ethernet.loopbackPort(1), "arrives too");
		assert.equal(await boards[1].text(), "arrives too");
		ethernet.heal();
		boards[1].say(2, "after");
		assert.equal(await boards[2].text(), "after");
		assert.equal(ethernet.linkCounters(1, 2).cut, 1);
		assert.equal(ethernet.linkCounters(3, 2).cut, 1);
		assert.equal(ethernet.linkCounters(OUTSIDE, 2).cut, 1);
		assert.throws(() => ethernet.setFaults(1, 9, { cut: true }), /no link from 1 to 9/);
	});

	it("loses long packets on a narrow path, to the host too", async () => {
		await open();
		const outside = await host();
		ethernet.setFaults(2, undefined, { mtuBytes: 100 });
		ethernet.setFaults(undefined, 2, { mtuBytes: 100 });
		boards[1].say(2, "x".repeat(73));
		outside.say(ethernet.loopbackPort(2), "y".repeat(73));
		boards[1].say(2, "z".repeat(72));
		assert.equal(await boards[2].text(), "z".repeat(72));
		boards[1].say(3, "x".repeat(1472));
		assert.equal((await boards[3].text()).length, 1472);
	});

	it("gives two boards each other's address, towards boards and the host, until it is taken back", async () => {
		await open();
		ethernet.swapAddresses(1, 2);
		boards[3].say(1, "to 10.77.0.1");
		const heard = await boards[2].frames.next();
		assert.deepEqual(heard, udpFrame(3, 7000, 2, 7000, Buffer.from("to 10.77.0.1")));
		boards[2].say(3, "from board 2");
		assert.deepEqual(await boards[3].frames.next(), udpFrame(1, 7000, 3, 7000, Buffer.from("from board 2")));
		boards[1].say(1, "to the board that has the address of the sender");
		assert.equal((await boards[2].datagram()).source, 2);
		const outside = await host();
		outside.say(ethernet.loopbackPort(2), "ports stay with their boards");
		const { source, sourcePort, payload } = await boards[2].datagram();
		assert.equal(payload.toString(), "ports stay with their boards");
		boards[2].say(source, "answer", sourcePort);
		assert.deepEqual(await outside.inbox.next(), { text: "answer", port: ethernet.loopbackPort(2) });
		ethernet.swapAddresses(2, 1);
		boards[3].say(1, "back");
		assert.equal(await boards[1].text(), "back");
	});

	it("brings questions for an address to the board that has it, as its own, and to no board that only believes so", async () => {
		await open();
		ethernet.swapAddresses(1, 2);
		boards[3].send(arpRequest(3, 1));
		assert.equal(arpRequestTarget(await boards[2].frames.next()), 2);
		boards[1].send(arpRequest(1, 3));
		assert.deepEqual(await boards[3].frames.next(), arpRequest(2, 3));
		boards[3].say(2, "marker");
		assert.equal(await boards[1].text(), "marker");
	});

	it("gives an address back when the board that has it is taken away", async () => {
		await open();
		ethernet.swapAddresses(1, 2);
		ethernet.remove(1);
		assert.equal(ethernet.addressOf(2), 2);
		boards[3].say(2, "hello");
		assert.equal(await boards[2].text(), "hello");
	});

	it("takes a board back that was started again", async () => {
		await open();
		const before = boards[1];
		boards[1] = await FakeBoard.connect(1, ethernet.boardPath(1));
		if (!before.socket.closed) await once(before.socket, "close");
		boards[2].say(1, "again");
		assert.equal(await boards[1].text(), "again");
	});

	it("brings a burst no faster than a cable does, whole and in order", async () => {
		await open();
		const count = 30;
		const startMs = performance.now();
		for (let number = 0; number < count; number++) boards[1].say(2, `${number}`.padEnd(1400, "."));
		for (let number = 0; number < count; number++) assert.equal(parseInt(await boards[2].text(), 10), number);
		const bytes = count * 1442;
		assert.ok(performance.now() - startMs > (bytes - 4096) / 1536 - 2, `${performance.now() - startMs} ms`);
	});

	it("serves senders in turns: a flood of one takes its own share of the cable, and no more", async () => {
		await open();
		for (let number = 0; number < 200; number++) boards[1].say(2, "flood".padEnd(1400, "."));
		while (ethernet.linkCounters(1, 2).sent < 200) await new Promise(setImmediate);
		boards[3].say(2, "hello");
		let before = 0;
		while ((await boards[2].text()) !== "hello") before += 1;
		assert.ok(before < 60, `${before} frames of the flood before it`);
		assert.ok(ethernet.boardDrops(2) > 0, "the flood lost some of its own");
	});

	it("closes a connection that does not speak in frames", async () => {
		await open();
		boards[1].socket.write(Buffer.alloc(8, 0xff));
		await once(boards[1].socket, "close");
		assert.equal(ethernet.isPresent(1), false);
		boards[2].say(1, "nobody");
		boards[2].say(3, "marker");
		await boards[3].text();
		assert.equal(ethernet.boardDrops(1), 1);
	});

	it("keeps a bounded amount for a board that does not read", async () => {
		await open([1, 2]);
		boards[2].socket.pause();
		const client = await host();
		const payload = Buffer.alloc(1400);
		for (let sent = 0; sent < 4000 && ethernet.boardDrops(2) === 0; sent += 1) {
			client.say(ethernet.loopbackPort(2), payload);
			await new Promise(setImmediate);
		}
		assert.ok(ethernet.boardDrops(2) > 0);
	});

	it("counts what it cannot use, and goes on", async () => {
		await open();
		const client = await host();
		client.say(ethernet.loopbackPort(1), Buffer.alloc(1473));
		boards[1].send(Buffer.from("dwarf"));
		boards[1].say(200, "nobody there");
		client.say(ethernet.loopbackPort(1), "known now");
		await boards[1].text();
		boards[1].say(100, "wrong port", client.port === 9 ? 10 : 9);
		boards[1].say(100, "right port", client.port);
		assert.equal((await client.inbox.next()).text, "right port");
		assert.deepEqual(ethernet.counters, { unknown: 2, unfit: 1, long: 1 });
	});

	it("records frames as pcap, up to a bound", async () => {
		await open();
		const path = join(folder, "frames.pcap");
		const frame = udpFrame(1, 7000, 2, 7000, Buffer.from("hello"));
		ethernet.record(path, 24 + 2 * (16 + frame.length));
		const startS = Math.floor(Date.now() / 1000);
		for (let i = 0; i < 3; i += 1) {
			boards[1].send(frame);
			await boards[2].frames.next();
		}
		assert.equal(ethernet.stopRecording(), 1);
		const file = readFileSync(path);
		assert.equal(file.readUInt32LE(0), 0xa1b2c3d4);
		assert.deepEqual([file.readUInt16LE(4), file.readUInt16LE(6), file.readUInt32LE(20)], [2, 4, 1]);
		let at = 24;
		for (let i = 0; i < 2; i += 1) {
			const seconds = file.readUInt32LE(at);
			assert.ok(seconds >= startS && seconds <= Date.now() / 1000 + 1);
			assert.ok(file.readUInt32LE(at + 4) < 1_000_000);
			assert.equal(file.readUInt32LE(at + 8), frame.length);
			assert.deepEqual(file.subarray(at + 16, at + 16 + frame.length), frame);
			at += 16 + frame.length;
		}
		assert.equal(at, file.length);
	});

	it("refuses members that are none, and a folder whose name is too long for sockets", async () => {
		await assert.rejects(Switch.open({ members: [1, 1], folder, seed: 1 }), /different numbers from 1 to 99/);
		await assert.rejects(Switch.open({ members: [100], folder, seed: 1 }), /different numbers from 1 to 99/);
		await assert.rejects(Switch.open({ members: [1], folder: join(folder, "x".repeat(100)), seed: 1 }), /too long/);
		await open();
	});
});
