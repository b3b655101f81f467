/**
 * The states that were seen, in the order in which they were: rows of words of 32 bits, kept whole, so
 * that two states are the same only if they are. (A hash alone would lose a state now and then: of
 * 10 million states with 64 bits, one search in 370,000.)
 */
const EMPTY = 0;

/** Bytes of one block of rows, about. */
const BLOCK_WORDS = 1 << 22;

export class States {
	count = 0;
	private readonly width: number;
	private readonly rowsPerBlock: number;
	private readonly blocks: Uint32Array[] = [];
	/** Open addressing: number of the state + 1. */
	private slots = new Uint32Array(1 << 16);

	/** @param width words of a row */
	constructor(width: number) {
		this.width = width;
		this.rowsPerBlock = Math.floor(BLOCK_WORDS / width);
	}

	/** @returns the number of the state, and whether it is new as `wasAdded` */
	add(row: Uint32Array): number {
		if (this.count * 2 >= this.slots.length) this.grow();
		const mask = this.slots.length - 1;
		let slot = hashOf(row, 0, this.width) & mask;
		for (;;) {
			const taken = this.slots[slot];
			if (taken === EMPTY) break;
			if (this.equals(taken - 1, row)) {
				this.wasAdded = false;
				return taken - 1;
			}
			slot = (slot + 1) & mask;
		}
		const number = this.count++;
		this.slots[slot] = number + 1;
		const block = Math.floor(number / this.rowsPerBlock);
		if (block === this.blocks.length) this.blocks.push(new Uint32Array(this.rowsPerBlock * this.width));
		this.blocks[block].set(row, (number % this.rowsPerBlock) * this.width);
		this.wasAdded = true;
		return number;
	}

	wasAdded = false;

	/** Copies a state to `row`. */
	read(number: number, row: Uint32Array): void {
		const block = this.blocks[Math.floor(number / this.rowsPerBlock)];
		const at = (number % this.rowsPerBlock) * this.width;
		for (let word = 0; word < this.width; word++) row[word] = block[at + word];
	}

	private equals(number: number, row: Uint32Array): boolean {
		const block = this.blocks[Math.floor(number / this.rowsPerBlock)];
		const at = (number % this.rowsPerBlock) * this.width;
		for (let word = 0; word < this.width; word++) if (block[at + word] !== row[word]) return false;
		return true;
	}

	private grow(): void {
		const slots = new Uint32Array(this.slots.length * 2);
		const mask = slots.length - 1;
		for (let number = 0; number < this.count; number++) {
			const block = this.blocks[Math.floor(number / this.rowsPerBlock)];
			let slot = hashOf(block, (number % this.rowsPerBlock) * this.width, this.width) & mask;
			while (slots[slot] !== EMPTY) slot = (slot + 1) & mask;
			slots[slot] = number + 1;
		}
		this.slots = slots;
	}
}

/** Only finds the place: it need not be strong. */
function hashOf(words: Uint32Array, offset: number, width: number): number {
	let hash = 0x9747b28c;
	for (let word = 0; word < width; word++) {
		hash = Math.imul(hash ^ words[offset + word], 0x5bd1e995);
		hash ^= hash >>> 15;
	}
	hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
	return (hash ^ (hash >>> 16)) >>> 0;
}

/** Numbers that grow one by one, without bound: as a typed array. */
export class Numbers {
	private values = new Uint32Array(1 << 16);
	count = 0;

	push(value: number): void {
		if (this.count === this.values.length) {
			const values = new Uint32Array(this.count * 2);
			values.set(this.values);
			this.values = values;
		}
		this.values[this.count++] = value;
	}

	at(place: number): number {
		return this.values[place];
	}
}
