/**
 * What happens to datagrams between two ends of the simulated network: lost, doubled, late, sent
 * again long after, damaged, cut off one way or both. Requests and replies alike.
 */
import type { MESSAGE_FAULTS } from "./faults/names";
import type { Random } from "./random";

/** The same on every link; per mille where it is a chance. */
export interface NetworkFaults {
	lossPermille: number;
	duplicatePermille: number;
	/** A copy arrives up to `replayMsMax` later. */
	replayPermille: number;
	replayMsMax: number;
	/** The same, but the copy comes from another address. */
	strayPermille: number;
	/** One bit arrives as another. */
	corruptPermille: number;
	delayMsMin: number;
	delayMsMax: number;
}

/** A network that does nothing wrong. */
export const CALM: NetworkFaults = Object.freeze({
	lossPermille: 0,
	duplicatePermille: 0,
	replayPermille: 0,
	replayMsMax: 0,
	strayPermille: 0,
	corruptPermille: 0,
	delayMsMin: 1,
	delayMsMax: 2,
});

/** What befell a datagram, by the name of the fault. */
export type MessageFault = (typeof MESSAGE_FAULTS)[number];

/** From here on a datagram is late: others that were sent after it have long arrived. */
const LATE_MS = 20;

export class Links {
	readonly faults: NetworkFaults;
	private readonly random: Random;
	/** Directed links, by `linkOf`, and what else happens on them. */
	private readonly cuts = new Set<number>();
	private readonly slow = new Map<number, number>();
	private readonly narrow = new Map<number, number>();
	/** Datagrams that were longer than their path carries. */
	tooLong = 0;

	constructor(random: Random, faults: NetworkFaults) {
		this.random = random;
		this.faults = { ...faults };
	}

	/** Addresses differ in their last two bytes alone. */
	private linkOf(from: number, to: number): number {
		return (from % 0x10000) * 0x10000 + (to % 0x10000);
	}

	/** Nothing passes from one to the other until `mend`. */
	cut(from: number, to: number): void {
		this.cuts.add(this.linkOf(from, to));
	}

	/** Everything on this link arrives so much later. */
	slowDown(from: number, to: number, delayMs: number): void {
		this.slow.set(this.linkOf(from, to), delayMs);
	}

	/** Datagrams of more bytes are lost on this link: its MTU is small, and nobody puts fragments together. */
	narrowTo(from: number, to: number, bytes: number): void {
		this.narrow.set(this.linkOf(from, to), bytes);
	}

	/** The link carries datagrams of any length again. */
	widen(from: number, to: number): void {
		this.narrow.delete(this.linkOf(from, to));
	}

	/** @param bytes links that carry so much stay as they are, all others are widened */
	widenBelow(bytes: number): void {
		for (const [link, carried] of this.narrow) if (carried < bytes) this.narrow.delete(link);
	}

	mend(from: number, to: number): void {
		this.cuts.delete(this.linkOf(from, to));
		this.slow.delete(this.linkOf(from, to));
	}

	/** Nothing is cut or slow and the network does nothing wrong any more; what is too long for a link stays so. */
	calm(): void {
		this.cuts.clear();
		this.slow.clear();
		Object.assign(this.faults, CALM);
	}

	/**
	 * Decides what becomes of a datagram.
	 * @param from and to of boards their homes, of others their addresses
	 * @param deliver called for each copy with its delay, and whether it comes from another address
	 * @param struck called for each fault
	 */
	carry(
		from: number,
		to: number,
		bytes: Uint8Array,
		deliver: (delayMs: number, bytes: Uint8Array, isStray: boolean) => void,
		struck: (fault: MessageFault) => void,
	): void {
		const { faults, random } = this;
		const link = this.linkOf(from, to);
		if (this.cuts.has(link)) return;
		if (this.narrow.size > 0 && bytes.length > (this.narrow.get(link) ?? Infinity)) {
			this.tooLong++;
			return;
		}
		if (faults.lossPermille > 0 && random.chance(faults.lossPermille)) return struck("loss");
		const extraMs = this.slow.get(link) ?? 0;
		const delayMs = random.between(faults.delayMsMin, faults.delayMsMax);
		if (delayMs >= LATE_MS) struck("delay");
		deliver(extraMs + delayMs, this.damaged(bytes, struck), false);
		if (faults.duplicatePermille > 0 && random.chance(faults.duplicatePermille)) {
			struck("duplicate");
			deliver(extraMs + random.between(faults.delayMsMin, faults.delayMsMax), bytes, false);
		}
		if (faults.replayPermille > 0 && random.chance(faults.replayPermille)) {
			struck("replay");
			deliver(extraMs + random.between(faults.delayMsMin, faults.replayMsMax), bytes, false);
		}
		if (faults.strayPermille > 0 && random.chance(faults.strayPermille)) {
			struck("replay from elsewhere");
			deliver(extraMs + random.between(faults.delayMsMin, faults.replayMsMax), bytes, true);
		}
	}

	private damaged(bytes: Uint8Array, struck: (fault: MessageFault) => void): Uint8Array {
		const { faults, random } = this;
		if (faults.corruptPermille === 0 || !random.chance(faults.corruptPermille)) return bytes;
		struck("corrupt");
		const copy = bytes.slice();
		copy[random.below(copy.length)] ^= 1 << random.below(8);
		return copy;
	}
}
