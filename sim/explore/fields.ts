/**
 * Saves and restores an object by a walk over its fields: numbers, truth values and typed arrays,
 * in objects within objects. What is frozen, and what is code, is not state. A field that is added
 * to the object later is saved without a word here.
 */

type NumberArray = Uint8Array | Uint16Array | Uint32Array | Float64Array;

interface Field {
	readonly owner: { [name: string]: unknown };
	readonly name: string;
	readonly isBoolean: boolean;
	/** The typed array, or undefined for a number or truth value. */
	readonly array: NumberArray | undefined;
}

export class Fields {
	private readonly fields: Field[] = [];

	constructor(root: object) {
		this.walk(root, new Set());
	}

	private walk(object: object, seen: Set<object>): void {
		seen.add(object);
		const owner = object as { [name: string]: unknown };
		for (const name of Object.keys(owner)) {
			const value = owner[name];
			if (typeof value === "number" || typeof value === "boolean") {
				this.fields.push({ owner, name, isBoolean: typeof value === "boolean", array: undefined });
			} else if (typeof value === "object" && value !== null && !seen.has(value)) {
				if (value instanceof DataView || Object.isFrozen(value)) continue;
				if (ArrayBuffer.isView(value)) {
					seen.add(value);
					this.fields.push({ owner, name, isBoolean: false, array: value as NumberArray });
				} else this.walk(value, seen);
			}
		}
	}

	/** Appends all values; of an array its length without the zeros at its end, and so much of it. */
	save(values: number[]): void {
		for (const { owner, name, array } of this.fields) {
			if (array === undefined) {
				values.push(Number(owner[name]));
				continue;
			}
			let length = array.length;
			while (length > 0 && array[length - 1] === 0) length--;
			values.push(length);
			for (let i = 0; i < length; i++) values.push(array[i]);
		}
	}

	/** @returns the offset after the values that were taken */
	restore(values: readonly number[], offset: number): number {
		let at = offset;
		for (const { owner, name, isBoolean, array } of this.fields) {
			const value = values[at++];
			if (array === undefined) {
				owner[name] = isBoolean ? value === 1 : value;
				continue;
			}
			for (let i = 0; i < value; i++) array[i] = values[at++];
			array.fill(0, value);
		}
		return at;
	}
}
