/**
 * The node's own pseudo-random sequence, for election timeouts. A Weyl sequence with a mixing
 * step (splitmix, Steele et al. 2014, in 32 bits): the step is odd and differs from id to id, so
 * that two nodes have different sequences even when their seeds meet.
 */
export class Random {
	private state: number;
	private readonly step: number;

	/**
	 * @param id of the node
	 * @param seed unpredictable u32
	 */
	constructor(id: number, seed: number) {
		this.state = seed >>> 0;
		this.step = ((0x9e3779b9 ^ Math.imul(id, 0x85ebca6a)) | 1) >>> 0;
	}

	/** @returns the next unsigned 32-bit number */
	next(): number {
		this.state = (this.state + this.step) >>> 0;
		let mixed = Math.imul(this.state ^ (this.state >>> 16), 0x21f0aaad);
		mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
		return (mixed ^ (mixed >>> 15)) >>> 0;
	}

	/** @returns a number from 0 to `end - 1` */
	below(end: number): number {
		return this.next() % end;
	}
}
