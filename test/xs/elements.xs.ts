/** What the interpreter does with elements of typed arrays without asking their accessor. */
import { describe, equal, it } from "./harness";

describe("elements of typed arrays", () => {
	it("are what the specification says, in and out of range", () => {
		const bytes = new Uint8Array(4);
		const doubles = new Float64Array(2);
		const big = new BigInt64Array(1);
		equal((bytes[0] = 257), 257);
		equal(bytes[0], 1);
		equal((bytes[1] = -1.5), -1.5);
		equal(bytes[1], 255);
		bytes[4] = 7;
		equal(bytes[4], undefined);
		doubles[1] = 0x1000000000001;
		equal(doubles[1]++, 0x1000000000001);
		equal(doubles[1], 0x1000000000002);
		doubles[0] = 3;
		equal(doubles[0] + doubles[1], 0x1000000000005);
		big[0] = 5n;
		equal(big[0], 5n);
		equal(big[1], undefined);
	});

	it("convert what is no number, and run its script once", () => {
		const words = new Int16Array(2);
		let calls = 0;
		const value = { valueOf: (): number => ++calls * 0x10001 };
		words[0] = value as unknown as number;
		equal(words[0], 1);
		equal(calls, 1);
		words[1] = "12" as unknown as number;
		equal(words[1], 12);
		words[5] = value as unknown as number;
		equal(calls, 2);
	});

	it("are gone with a buffer that was given away", () => {
		const bytes = new Uint8Array(new ArrayBuffer(8));
		bytes[0] = 1;
		(bytes.buffer as ArrayBuffer & { transfer(): ArrayBuffer }).transfer();
		bytes[0] = 2;
		equal(bytes[0], undefined);
	});

	it("are found through a prototype that is one", () => {
		const below = Object.create(new Uint8Array([5, 6])) as Uint8Array;
		equal(below[1], 6);
		equal(below[2], undefined);
	});
});
