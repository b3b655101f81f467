/** Boards that cannot use what their flash holds: they answer their status only, and never vote. */
import { Refusal } from "../cluster/refusal";

/** What a board prints of it (firmware/qemu.ts). */
const LINE = /^journal: ([A-Z_]+); /;

export class UnusableFlash {
	readonly #reasons = new Map<number, string>();

	/** @param text a line of a board's console */
	hear(id: number, text: string): void {
		const match = LINE.exec(text);
		if (match !== null) this.#reasons.set(id, match[1]);
	}

	/**
	 * @param members how many there are
	 * @param folder that keeps what the boards hold
	 * @throws Refusal by the journal's status, when those that are left are no majority
	 */
	check(members: number, folder: string): void {
		const ids = [...this.#reasons.keys()].sort((a, b) => a - b);
		if (2 * (members - ids.length) > members) return;
		throw new Refusal(
			this.#reasons.get(ids[0]) ?? "",
			`boards ${ids.join(", ")} cannot use their flash, which another version may have written; remove ${folder} for a new, empty cluster`,
		);
	}
}
