import assert from "node:assert/strict";
import { type Actions, Console } from "../../../firmware/esp32/console";
import { LINE_BYTES_MAX, LineReader, words } from "../../../firmware/esp32/line";

/** Types at a console and gathers what it prints and what it asks of the board. */
function terminal() {
	const asked: string[][] = [];
	const printed: string[] = [];
	let echoed = "";
	const actions: Actions = {
		show: () => ["board      240ac4000001"],
		setNetwork: (ssid, password) => asked.push(["wifi", ssid, password]),
		format: (cluster, node, members) => {
			asked.push(["format", cluster, node, members]);
			if (cluster === "bad") throw new Error("a cluster id has 16 hexadecimal digits: bad");
			return "node 1";
		},
		join: (cluster, node, port) => {
			asked.push(["join", cluster, node, port]);
			return "node 6.1 waits";
		},
		bind: (node) => {
			asked.push(["bind", node]);
			return "bound";
		},
		restart: () => asked.push(["restart"]),
	};
	const console = new Console(actions, (line) => printed.push(line));
	const reader = new LineReader(
		(line) => console.execute(line),
		(text) => {
			echoed += text;
		},
	);
	const type = (text: string) => {
		for (const byte of Buffer.from(text, "latin1")) reader.push(byte);
	};
	return { type, asked, printed, echo: () => echoed };
}

describe("the serial console", () => {
	it("takes a line ended by CR, LF or both as one", () => {
		const { type, asked } = terminal();
		type("restart\rrestart\nrestart\r\n\r\n");
		assert.deepEqual(asked, [["restart"], ["restart"], ["restart"]]);
	});

	it("echoes, and takes back what was mistyped", () => {
		const { type, asked, echo } = terminal();
		type("bind 33\x7f\x0812\n");
		assert.deepEqual(asked, [["bind", "12"]]);
		assert.equal(echo(), "bind 33\b \b\b \b12\r\n");
	});

	it("keeps spaces between quotes", () => {
		const { type, asked } = terminal();
		type('wifi "my barn" "correct horse"\nwifi open\n');
		assert.deepEqual(asked, [
			["wifi", "my barn", "correct horse"],
			["wifi", "open", ""],
		]);
		assert.deepEqual(words(' a  "" b"c d" '), ["a", "", "bc d"]);
	});

	it("hands the members of a format on as they are", () => {
		const { type, asked, printed } = terminal();
		type("format new 1 1=10.0.0.1 2=10.0.0.2\n");
		assert.deepEqual(asked, [["format", "new", "1", "1=10.0.0.1 2=10.0.0.2"]]);
		assert.deepEqual(printed, ["node 1"]);
	});

	it("hands on whom a board is to join", () => {
		const { type, asked, printed } = terminal();
		type("join 00ff00ff12345678 6\njoin 00ff00ff12345678 6.2 7001\n");
		assert.deepEqual(asked, [
			["join", "00ff00ff12345678", "6", ""],
			["join", "00ff00ff12345678", "6.2", "7001"],
		]);
		assert.deepEqual(printed, ["node 6.1 waits", "node 6.1 waits"]);
	});

	it("drops a line that is too long whole, and goes on", () => {
		const { type, asked, echo } = terminal();
		type(`bind ${"1".repeat(LINE_BYTES_MAX)}\nbind 2\n`);
		assert.deepEqual(asked, [["bind", "2"]]);
		assert.match(echo(), /line too long, nothing done/);
	});

	for (const line of [
		"reboot",
		"wifi",
		"wifi a b c",
		'wifi ""',
		"wifi barn short",
		"format x 1",
		"join x",
		"join x 1 2 3",
		"bind",
		"bind 1 2",
	])
		it(`refuses "${line}" and does nothing`, () => {
			const { type, asked, printed } = terminal();
			type(`${line}\n`);
			assert.deepEqual(asked, []);
			assert.match(printed[0], /^refused: /);
		});

	it("says why the board refused, and goes on", () => {
		const { type, asked, printed } = terminal();
		type("format bad 1 1=10.0.0.1\nshow\n");
		assert.equal(asked.length, 1);
		assert.deepEqual(printed, ["refused: a cluster id has 16 hexadecimal digits: bad", "board      240ac4000001"]);
	});

	it("names every command in its help", () => {
		const { type, printed } = terminal();
		type("help\n");
		for (const command of ["help", "show", "wifi", "format", "join", "bind", "restart"])
			assert.ok(
				printed.some((line) => line.startsWith(command)),
				command,
			);
	});
});
