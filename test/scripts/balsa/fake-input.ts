import type { Input } from "../../../scripts/balsa/input";

/** Stdin with known content. */
export class FakeInput implements Input {
	readonly isTerminal: boolean;
	private readonly parts: readonly Uint8Array[];

	constructor(parts: readonly Uint8Array[], isTerminal = false) {
		this.parts = parts;
		this.isTerminal = isTerminal;
	}

	get chunks(): AsyncIterable<Uint8Array> {
		const { parts } = this;
		return (async function* () {
			yield* parts;
		})();
	}
}
