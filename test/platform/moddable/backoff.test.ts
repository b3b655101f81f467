import assert from "node:assert/strict";
import fc from "fast-check";
import { CONNECTED, IDLE, type Radio, Reconnector } from "../../../platform/moddable/backoff";

const CONNECTING = 300;

/** A radio whose access point answers as the test says. */
class ScriptedRadio implements Radio {
	connection = IDLE;
	attempts = 0;
	refuses = false;
	connect(): void {
		if (this.connection !== IDLE) throw new Error("already connecting");
		if (this.refuses) throw new Error("connect failed");
		this.attempts++;
		this.connection = CONNECTING;
	}
	disconnect(): void {
		this.connection = IDLE;
	}
}

describe("Wi-Fi that reconnects for ever", () => {
	it("tries at once, doubles its pause to half a minute, and never stops", () => {
		const radio = new ScriptedRadio();
		const reconnector = new Reconnector(radio);
		const pauses: number[] = [];
		let now = 0;
		reconnector.step(now);
		for (let i = 0; i < 8; i++) {
			assert.equal(radio.connection, CONNECTING);
			radio.connection = IDLE; // refused by the access point
			const wait = reconnector.step(now);
			pauses.push(wait);
			assert.equal(reconnector.step(now + wait - 1), 1, "not before the pause is over");
			now += wait;
			reconnector.step(now);
		}
		assert.deepEqual(pauses, [1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
		assert.equal(radio.attempts, 9);
	});

	it("ends an attempt that hangs after half a minute, and tries again", () => {
		const radio = new ScriptedRadio();
		const reconnector = new Reconnector(radio);
		assert.equal(reconnector.step(0), 30_000);
		radio.connection = 400; // associated, never an address
		assert.equal(reconnector.step(29_999), 1);
		assert.equal(reconnector.step(30_000), 1000);
		assert.equal(radio.connection, IDLE, "left the access point that gave no address");
		reconnector.step(31_000);
		assert.equal(radio.attempts, 2);
	});

	it("begins again with a short pause when a joined network is lost", () => {
		const radio = new ScriptedRadio();
		const reconnector = new Reconnector(radio);
		reconnector.step(0);
		radio.connection = CONNECTED;
		reconnector.step(500);
		assert.equal(reconnector.isJoined, true);
		radio.connection = IDLE;
		assert.equal(reconnector.step(90_000), 1000);
		assert.equal(reconnector.isJoined, false);
		assert.equal(reconnector.losses, 1);
		reconnector.step(91_000);
		assert.equal(radio.attempts, 2);
	});

	it("takes a radio that refuses as an attempt that failed", () => {
		const radio = new ScriptedRadio();
		radio.refuses = true;
		const reconnector = new Reconnector(radio);
		assert.equal(reconnector.step(0), 1000);
		assert.equal(reconnector.step(1000), 2000);
		radio.refuses = false;
		reconnector.step(3000);
		assert.equal(radio.attempts, 1);
	});

	it("joins within 61 seconds of a network that comes back, whatever happened before", () => {
		fc.assert(
			fc.property(fc.array(fc.tuple(fc.constantFrom(IDLE, CONNECTING, 400, CONNECTED), fc.nat(40_000))), (history) => {
				const radio = new ScriptedRadio();
				const reconnector = new Reconnector(radio);
				let now = 0;
				for (const [connection, later] of history) {
					reconnector.step(now);
					now += later;
					radio.connection = connection;
				}
				// From here the access point takes everybody, as soon as it is asked.
				const attempts = radio.attempts;
				if (radio.connection !== CONNECTED) {
					const end = now + 61_000;
					while (now < end && radio.attempts === attempts) {
						const wait = reconnector.step(now);
						assert.ok(wait >= 1 && wait <= 30_000);
						if (radio.attempts === attempts) now += wait;
					}
					assert.ok(radio.attempts > attempts, "asked again");
					radio.connection = CONNECTED;
				}
				reconnector.step(now);
				assert.equal(reconnector.isJoined, true);
				assert.equal(reconnector.failures, 0);
			}),
		);
	});
});
