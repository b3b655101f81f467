/** What befalls a node's flash from outside, apart from power that fails in the middle of an operation. */
import { planLayout } from "../../core/journal/layout";
import type { Limits } from "../../core/limits";
import type { SimulatedNode } from "../node";
import type { Options } from "../options";
import type { World } from "../world";

const HARD_STATE_SECTORS = 2;
/** Cells that rot at once, at most. */
const ROTTEN_BITS_MAX = 4;
/** Addresses that are tried until one holds something. */
const TRIES_MAX = 1000;
const BLANK = 0xff;

export class FlashStrikes {
	private readonly world: World;
	private readonly limits: Limits;
	/** Where the header of a snapshot begins, in either slot. */
	private readonly snapshotHeaders: readonly number[];
	/** By node: an earlier image of its flash. */
	private readonly images = new Map<SimulatedNode, Uint8Array>();

	constructor(world: World, options: Options) {
		this.world = world;
		this.limits = options.limits;
		const { snapshots, snapshotSectors } = planLayout(world.nodes[0].flash, options.limits);
		this.snapshotHeaders = [snapshots, snapshots + snapshotSectors].map((sector) => sector * options.sectorBytes);
	}

	/** @returns true if what a node that runs programs there is the header of a snapshot, which is programmed last */
	isFinishing(node: SimulatedNode, offset: number): boolean {
		return node.replica !== null && this.snapshotHeaders.includes(offset);
	}

	/** Every operation takes its time, for a while. */
	slowDown({ flash }: SimulatedNode): void {
		const { random } = this.world;
		flash.programMs = random.between(0, 8);
		flash.eraseMs = random.between(10, flash.stallMsMax);
		this.world.after(random.between(100, 8000), () => {
			flash.programMs = 0;
			flash.eraseMs = 0;
		});
	}

	/** As if storage were asynchronous: nothing becomes durable for so long, all else goes on. */
	holdWrites(node: SimulatedNode, holdMs: number): void {
		const member = node.replica?.member ?? null;
		if (member === null) return;
		member.holdWrites = true;
		node.impair(this.world.nowMs + holdMs);
		this.world.after(holdMs, () => {
			member.holdWrites = false;
			if (node.replica?.member === member) this.world.wake(node, 0);
		});
	}

	/** One of the two copies of the hard state is blank. */
	loseHardState({ flash }: SimulatedNode): void {
		const layout = planLayout(flash, this.limits);
		const copies = [layout.hardStateA, layout.hardStateB];
		const start = copies[this.world.random.below(2)] * flash.sectorSize;
		flash.bytes.fill(BLANK, start, start + HARD_STATE_SECTORS * flash.sectorSize);
	}

	/** Some programmed cells of one byte are not what they were. */
	rot({ flash }: SimulatedNode): void {
		const { random } = this.world;
		let at = random.below(flash.size);
		for (let i = 0; i < TRIES_MAX && flash.bytes[at] === BLANK; i++) at = random.below(flash.size);
		const bits = random.between(1, ROTTEN_BITS_MAX);
		for (let i = 0; i < bits; i++) flash.bytes[at] ^= 1 << random.below(8);
	}

	/** The next program goes astray, within its region. */
	misdirect({ flash }: SimulatedNode): void {
		const { hardStateA, hardStateB, log, snapshots } = planLayout(flash, this.limits);
		const starts = [0, hardStateA, hardStateB, log, snapshots, flash.size / flash.sectorSize];
		flash.misdirect(
			this.world.random,
			starts.map((sector) => sector * flash.sectorSize),
		);
	}

	/** A sector ignores what is programmed and erased from now on. */
	stick({ flash }: SimulatedNode): void {
		flash.stuck.add(this.world.random.below(flash.size / flash.sectorSize));
	}

	/** @returns true if there was an image, which is now gone; else the flash as it is is kept for the next time */
	takeImage(node: SimulatedNode): boolean {
		if (this.images.has(node)) return true;
		this.images.set(node, node.flash.bytes.slice());
		return false;
	}

	/** The flash is again as it was when its image was taken. */
	restoreImage(node: SimulatedNode): void {
		const image = this.images.get(node);
		if (image !== undefined) node.flash.bytes.set(image);
		this.images.delete(node);
	}
}
