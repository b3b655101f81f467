/** What the network of a scenario does with datagrams: rules that a text sets, and what waits by them. */
import assert from "node:assert/strict";
import type { Packet } from "./watcher";
import { KINDS } from "./words";

export type Fate = "hold" | "drop" | "twice";

interface Rule {
	readonly fate: Fate;
	/** Number of the node, -1 for any. */
	readonly from: number;
	readonly to: number;
	/** -1 for any. */
	readonly kind: number;
	/** Only datagrams with more bytes of entries or chunk than so many. */
	readonly over: number;
}

/** @param words `A -> B [KIND]` */
export function rule(fate: Fate, words: readonly string[]): Rule {
	const [from, arrow, to, kind] = words;
	assert.equal(arrow, "->");
	const place = (id: string) => (id === "*" ? -1 : Number(id) - 1);
	assert.ok(kind === undefined || kind in KINDS, `no such kind: ${kind}`);
	return { fate, from: place(from), to: place(to), kind: kind === undefined ? -1 : KINDS[kind], over: -1 };
}

export class Fates {
	private rules: Rule[] = [];
	private held: { packet: Packet; rule: Rule }[] = [];

	add(fate: Fate, words: readonly string[]): void {
		this.rules.push(rule(fate, words));
	}

	/** A path that loses what is longer. @param words `A -> B BYTES` */
	narrow(words: readonly string[]): void {
		const over = Number(words[3]);
		assert.ok(Number.isInteger(over), "how many bytes pass");
		this.rules.push({ ...rule("drop", words.slice(0, 3)), over });
	}

	/** A partition: rules like any others, one for each direction of each pair. */
	cut(words: readonly string[]): void {
		const bar = words.indexOf("|");
		assert.ok(bar > 0, "two groups, and a bar between them");
		for (const one of words.slice(0, bar)) {
			for (const other of words.slice(bar + 1)) {
				this.add("drop", [one, "->", other]);
				this.add("drop", [other, "->", one]);
			}
		}
	}

	heal(): void {
		this.rules = [];
		this.held = [];
	}

	/** Puts what waits into the network, and ends the rule. @param words none for all */
	release(words: readonly string[], network: Packet[]): void {
		const wanted = words.length === 0 ? undefined : rule("hold", words);
		const matches = (one: Rule) =>
			one.fate === "hold" &&
			(wanted === undefined ||
				(one.from === wanted.from && one.to === wanted.to && (wanted.kind < 0 || one.kind === wanted.kind)));
		for (const { packet, rule: one } of this.held) if (matches(one)) network.push(packet);
		this.held = this.held.filter(({ rule: one }) => !matches(one));
		this.rules = this.rules.filter((one) => !matches(one));
	}

	/** Gives the datagrams that were just sent the fate that the first rule for them says, and tells it. */
	route(network: Packet[], tell: (fate: Fate, packet: Packet) => void): void {
		for (let i = 0; i < network.length; i++) {
			const packet = network[i] as Packet & { routed?: boolean };
			if (packet.routed) continue;
			packet.routed = true;
			const found = this.rules.find(
				(one) =>
					(one.from < 0 || one.from === packet.from) &&
					(one.to < 0 || one.to === packet.to) &&
					(one.kind < 0 || one.kind === packet.kind) &&
					packet.bytes.length > one.over,
			);
			if (found === undefined) continue;
			tell(found.fate, packet);
			if (found.fate === "twice") {
				network.splice(i++, 0, packet);
				continue;
			}
			network.splice(i--, 1);
			if (found.fate === "hold") this.held.push({ packet, rule: found });
		}
	}
}
