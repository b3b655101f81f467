/**
 * The simulator's only source of chance: xorshift128 (Marsaglia 2003), in 32-bit integer
 * arithmetic, so that one seed gives one world on every engine.
 */
export class Random {
	#a: number;
	#b: number;
	#c: number;
	#d: number;

	constructor(seed: number) {
		// splitmix-like spreading, so that neighbouring seeds give unrelated worlds
		this.#a = spread(seed + 0x9e3779b9);
		this.#b = spread(this.#a + 0x9e3779b9);
		this.#c = spread(this.#b + Math.floor(seed / 0x100000000));
		this.#d = spread(this.#c + 0x9e3779b9) | 1;
	}

	/** @returns an unsigned 32-bit number */
	next(): number {
		let t = this.#d;
		const s = this.#a;
		this.#d = this.#c;
		this.#c = this.#b;
		this.#b = s;
		t ^= t << 11;
		t ^= t >>> 8;
		this.#a = t ^ s ^ (s >>> 19);
		return this.#a >>> 0;
	}

	/** @returns an integer from 0 to `bound` - 1 */
	below(bound: number): number {
		return this.next() % bound;
	}

	/** @returns an integer from `least` to `most`, both included */
	between(least: number, most: number): number {
		return least + this.below(most - least + 1);
	}

	/** @returns true with a probability of `permille` in a thousand */
	chance(permille: number): boolean {
		return this.below(1000) < permille;
	}

	/** Puts the items in another order. @returns them */
	shuffle<Item>(items: Item[]): Item[] {
		for (let i = items.length - 1; i > 0; i--) {
			const other = this.below(i + 1);
			[items[i], items[other]] = [items[other], items[i]];
		}
		return items;
	}
}

function spread(value: number): number {
	let x = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
	x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
	return (x ^ (x >>> 16)) >>> 0;
}
