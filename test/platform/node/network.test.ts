import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { addressName, addressNumber, NodeNetwork } from "../../../platform/node/network";

const LOCALHOST = 0x7f000001;

/** Waits until the condition holds; a bound keeps a failure short. */
async function until(condition: () => boolean): Promise<void> {
	for (let i = 0; i < 500 && !condition(); i++) await delay(5);
	assert(condition());
}

describe("network on Node.js", () => {
	let a: NodeNetwork;
	let b: NodeNetwork;
	beforeEach(async () => {
		a = await NodeNetwork.open("127.0.0.1", 0);
		b = await NodeNetwork.open("127.0.0.1", 0);
	});
	afterEach(() => {
		a.close();
		b.close();
	});

	it("turns addresses into numbers and back", () => {
		assert.equal(addressNumber("10.77.0.1"), 0x0a4d0001);
		assert.equal(addressNumber("255.255.255.255"), 0xffffffff);
		assert.equal(addressName(0xffffffff), "255.255.255.255");
		assert.equal(addressName(0x0a4d0001), "10.77.0.1");
		for (const bad of ["", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1..2.3", "a.b.c.d", "::1", "1.2.3.", "0001.2.3.4"])
			assert.equal(addressNumber(bad), -1, bad);
	});

	it("brings a datagram with its source; the sender's buffer may change at once", async () => {
		const bytes = new Uint8Array(2000).fill(7);
		let readable = 0;
		b.onReadable = () => readable++;
		a.send(LOCALHOST, b.port, bytes, 1472);
		bytes.fill(1);
		await until(() => b.received === 1);
		const buffer = new Uint8Array(1472);
		assert.equal(b.receive(buffer), 1472);
		assert(buffer.every((byte) => byte === 7));
		assert.equal(b.sourceAddress, LOCALHOST);
		assert.equal(b.sourcePort, a.port);
		assert.equal(b.receive(buffer), 0);
		assert.equal(readable, 1);
		await until(() => a.sent === 1);
	});

	it("drops and counts what is empty, too long, or more than the queue holds", async () => {
		const bytes = new Uint8Array(2000);
		a.send(LOCALHOST, b.port, bytes, 0);
		a.send(LOCALHOST, b.port, bytes, 1473);
		a.send(LOCALHOST, 0, bytes, 1);
		assert.equal(a.unsent, 3);
		a.send(LOCALHOST, b.port, bytes, 100);
		await until(() => b.received === 1);
		assert.equal(b.receive(new Uint8Array(99)), 0);
		assert.equal(b.droppedSize, 1);
		for (let i = 0; i < 300; i++) {
			a.send(LOCALHOST, b.port, bytes, 4);
			if (i % 50 === 49) await until(() => a.sent + a.unsent === i + 5);
		}
		await until(() => b.received + b.droppedFull === 301);
		assert.equal(b.received, 257);
		assert.equal(b.droppedFull, 44);
		for (let i = 0; i < 256; i++) assert.equal(b.receive(bytes), 4);
		assert.equal(b.receive(bytes), 0);
	});

	it("says when a port is in use", async () => {
		await assert.rejects(NodeNetwork.open("127.0.0.1", a.port), /EADDRINUSE/);
	});
});
