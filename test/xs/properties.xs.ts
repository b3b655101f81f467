/**
 * What the interpreter remembers of where properties were found: it must be forgotten in time. Nothing
 * is remembered while slots are allocated, so each case is read often enough before it changes.
 */
import { describe, equal, it } from "./harness";

/** Reads of a property after which it is remembered, whatever was allocated before. */
const OFTEN = 200;

class Point {
	x = 1;
	y = 2;
	sum(): number {
		return this.x + this.y;
	}
	difference(): number {
		return this.x - this.y;
	}
	get product(): number {
		return this.x * this.y;
	}
}

interface Bag {
	[name: string]: unknown;
	x?: number;
	y?: number;
	only?: number;
}

function readX(of: Bag): unknown {
	return of.x;
}

function writeX(of: Bag, x: number): void {
	of.x = x;
}

function readOnly(of: Bag): unknown {
	return of.only;
}

function callSum(of: { sum(): number }): number {
	return of.sum();
}

function warm<T>(read: (of: T) => unknown, of: T): void {
	for (let i = 0; i < OFTEN; i++) read(of);
}

describe("properties that were found before", () => {
	it("are gone when they are deleted, and come back elsewhere", () => {
		const bag: Bag = { y: 2, x: 1 };
		warm(readX, bag);
		equal(readX(bag), 1);
		delete bag.x;
		equal(readX(bag), undefined);
		bag.x = 3;
		warm(readX, bag);
		equal(readX(bag), 3);
		equal(Reflect.deleteProperty(bag, "x"), true);
		equal(readX(bag), undefined);
		writeX(bag, 4);
		equal(bag.x, 4);
	});

	it("become accessors, and values again", () => {
		const bag: Bag = { x: 1 };
		let written = 0;
		warm(readX, bag);
		for (let i = 0; i < OFTEN; i++) writeX(bag, i);
		Object.defineProperty(bag, "x", {
			configurable: true,
			get: () => 7,
			set: (value: number) => {
				written = value;
			},
		});
		equal(readX(bag), 7);
		writeX(bag, 8);
		equal(written, 8);
		Object.defineProperty(bag, "x", { configurable: true, writable: true, value: 9 });
		equal(readX(bag), 9);
		writeX(bag, 10);
		equal(readX(bag), 10);
	});

	it("cannot be written once they are frozen", () => {
		const bag: Bag = { x: 1 };
		for (let i = 0; i < OFTEN; i++) writeX(bag, i);
		Object.freeze(bag);
		let message = "";
		try {
			writeX(bag, 5);
		} catch (error) {
			message = (error as Error).name;
		}
		equal(message, "TypeError");
		equal(readX(bag), OFTEN - 1);
	});

	it("are the object's own, though its class has them too", () => {
		const point = new Point() as Point & { sum: () => number };
		warm(callSum, point);
		equal(callSum(point), 3);
		Object.defineProperty(point, "sum", { configurable: true, writable: true, value: () => 9 });
		equal(callSum(point), 9);
		delete (point as { sum?: unknown }).sum;
		equal(callSum(point), 3);
		warm((of: Point) => of.product, point);
		point.x = 5;
		equal(point.product, 10);
		equal(point.difference(), 3);
	});

	it("are written to the object, not to what it inherits them from", () => {
		const above: Bag = { x: 1 };
		const below = Object.create(above) as Bag;
		warm(readX, below);
		equal(readX(below), 1);
		writeX(below, 2);
		equal(readX(below), 2);
		equal(above.x, 1);
	});

	it("are those of the prototype that the object has now", () => {
		const bag = Object.create({ only: 1 }) as Bag;
		warm(readOnly, bag);
		equal(readOnly(bag), 1);
		Object.setPrototypeOf(bag, { only: 2 });
		equal(readOnly(bag), 2);
		Object.setPrototypeOf(bag, null);
		equal(readOnly(bag), undefined);
	});

	it("change with a class that is not frozen", () => {
		const kind = {
			sum(): number {
				return 1;
			},
			other(): number {
				return 2;
			},
			third(): number {
				return 3;
			},
		};
		const of = Object.create(kind) as typeof kind;
		warm(callSum, of);
		kind.sum = () => 4;
		equal(callSum(of), 4);
		warm(callSum, of);
		delete (kind as { sum?: unknown }).sum;
		equal((of as { sum?: unknown }).sum, undefined);
	});

	it("are not those of an object that was collected", () => {
		let sum = 0;
		let expected = 0;
		for (let round = 0; round < 300; round++) {
			const bag: Bag = round % 2 === 0 ? { x: round } : { y: 1, x: round, only: 2 };
			warm(readX, bag);
			sum += readX(bag) as number;
			expected += round;
			for (let i = 0; i < 300; i++) sum += new Point().x - 1;
		}
		equal(sum, expected);
	});

	it("are told apart by object and by name", () => {
		const bags: Bag[] = [];
		for (let i = 0; i < 64; i++) bags.push({ x: i, y: -i, only: i * 1000 });
		for (let round = 0; round < 20; round++)
			for (let i = 0; i < bags.length; i++) {
				equal(readX(bags[i]), i);
				equal(readOnly(bags[i]), i * 1000);
				equal(bags[i].y, i === 0 ? -0 : -i);
			}
	});
});

describe("elements by any index", () => {
	it("are those of integers and of numbers that are whole", () => {
		const words = new Uint16Array([1, 2, 3]);
		const large = new Uint32Array([4_000_000_000, 5]);
		const indices = new Float64Array([0, 1, 2, 0.5, -1, NaN, 3]);
		equal(words[indices[0]] + words[indices[1]] + words[indices[2]], 6);
		for (let i = 3; i < 7; i++) equal(words[indices[i]], undefined);
		equal(large[indices[0]], 4_000_000_000);
		large[indices[1]] = 4_294_967_295;
		equal(large[1], 4_294_967_295);
		large[1] = 4_294_967_297;
		equal(large[1], 1);
		large[1] = -2;
		equal(large[1], 4_294_967_294);
		words[indices[2]] = 65_537.9;
		equal(words[2], 1);
		words[-0] = 8;
		equal(words[0], 8);
		const plain = [10, 20];
		equal(plain[indices[1]], 20);
		plain[indices[2]] = 30;
		equal(plain.length, 3);
	});
});
