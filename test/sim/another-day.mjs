/** To be imported before anything else: it is another day, and chance begins elsewhere. */
const SHIFT_MS = 3 * 365 * 24 * 3_600_000 + 12_345_678;
const Now = Date;

globalThis.Date = class extends Now {
	constructor(...parts) {
		if (parts.length === 0) super(Now.now() + SHIFT_MS);
		else super(...parts);
	}

	static now() {
		return Now.now() + SHIFT_MS;
	}
};
const { random } = Math;
Math.random = () => (random() + 0.37) % 1;
