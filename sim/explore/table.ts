/** Things that are met again and again, each once and under a number from 1 on. */
export class Table<T> {
	private readonly numbers = new Map<string, number>();
	private readonly things: (T | undefined)[] = [undefined];

	get size(): number {
		return this.things.length - 1;
	}

	/** @param key equal for equal things alone */
	find(key: string): number | undefined {
		return this.numbers.get(key);
	}

	add(key: string, thing: T): number {
		const number = this.things.push(thing) - 1;
		this.numbers.set(key, number);
		return number;
	}

	at(number: number): T {
		return this.things[number] as T;
	}
}
