/** What the boards of a story print on their consoles, counted and judged. */
import { expect } from "./expect";

const LEADS = /^leads: [^:]+: (\d+) /;
const INSTALLED = /^installed a snapshot: /;

export class Consoles {
	/** By member: the last that its console, or the launcher, said of it. */
	readonly lastWords = new Map<number, string>();
	/** Elections won, and snapshots taken in, by boards. */
	elections = 0;
	snapshotsInstalled = 0;
	readonly #leaders = new Map<number, number>();
	#twoLeaders = "";

	hear(id: number, text: string): void {
		this.lastWords.set(id, text);
		if (INSTALLED.test(text)) this.snapshotsInstalled += 1;
		const leads = LEADS.exec(text);
		if (leads === null) return;
		this.elections += 1;
		const term = Number(leads[1]);
		const other = this.#leaders.get(term);
		if (other === undefined) this.#leaders.set(term, id);
		else this.#twoLeaders = `boards ${other} and ${id} lead term ${term}`;
	}

	/** Election safety (Raft figure 3). @throws Unmet where a term had two leaders, or one twice */
	check(): void {
		expect(this.#twoLeaders === "", "one leader in each term", this.#twoLeaders);
	}
}
