/** Brings the faults about, at random moments and in ambush, and counts them by the state of whom they strike. */

import type { MessageFault } from "../links";
import type { SimulatedNode } from "../node";
import type { Options } from "../options";
import { cutsErase, TORN_FAULTS, type TornFault } from "../simulated-flash";
import type { World } from "../world";
import { AddressStrikes } from "./address-strikes";
import { Ambushes } from "./ambush";
import { DrainStrikes } from "./drain-strikes";
import { FlashStrikes } from "./flash-strikes";
import { Forger } from "./forger";
import { LinkStrikes } from "./link-strikes";
import { Matrix } from "./matrix";
import { type FaultName, isMessageFault } from "./names";
import { isInstalling, visitStates } from "./states";

/** Of 1000 programs while a snapshot is installed, or finished, so many lose their power: much is half done then. */
const INSTALL_CUT_PERMILLE = 60;
/** Faults that keep a node from helping the others for a while. */
const IMPAIRING: readonly FaultName[] = Object.freeze([
	...TORN_FAULTS,
	"crash",
	"pause",
	"held write",
	"one-way cut",
	"one-way isolation",
	"partition",
	"slow link",
	"missing hard state copy",
	"wiped flash",
	"change among the dead",
]);
/** Of 1000 that would leave no majority, so many do not happen. */
const NEEDED_PERMILLE = 950;
/** How long a node may wait in the dark for the log to go on without it, and how often it looks. */
const MISSED_MS_MAX = 15_000;
const MISSED_LOOK_MS = 250;

/** What the nemesis needs of the clients. */
export interface Clients {
	readonly addresses: readonly number[];
	/** One of them loses everything it knows, its open calls among it. */
	restart(number: number): void;
}

export class Nemesis {
	readonly matrix = new Matrix();
	readonly addresses: AddressStrikes;
	private readonly forger: Forger;
	crashes = 0;
	private readonly world: World;
	private readonly options: Options;
	private readonly clients: Clients;
	private readonly say: (node: SimulatedNode, fault: FaultName) => void;
	private readonly points: FaultName[] = [];
	private active = true;
	private readonly ambushes: Ambushes;
	private readonly flashes: FlashStrikes;
	private readonly links: LinkStrikes;
	readonly drains: DrainStrikes;
	asksForMembers: () => void = () => undefined;

	/** @param say told of each fault as it strikes a node */
	constructor(world: World, options: Options, clients: Clients, say: (node: SimulatedNode, fault: FaultName) => void) {
		this.world = world;
		this.say = say;
		this.options = options;
		this.clients = clients;
		for (const fault of options.faults)
			if (fault !== "cut in recovery" && !isMessageFault(fault)) this.points.push(fault);
		// Erases are few: what cuts them must be waiting.
		for (const fault of options.faults) if (cutsErase(fault)) this.points.push(fault, fault);
		this.ambushes = new Ambushes(world, options, this.points);
		this.flashes = new FlashStrikes(world, options);
		this.links = new LinkStrikes(world, clients.addresses, options.limits);
		this.addresses = new AddressStrikes(world, options);
		this.forger = new Forger(world);
		this.drains = new DrainStrikes(world, (node) => this.struck("all drained", node));
		for (const node of world.nodes) {
			node.flash.onOperation = (isErase, offset) => this.operated(node, isErase, offset);
			node.flash.onSilentFault = (fault) => this.struck(fault, node);
		}
		if (options.faults.includes("clock rate")) this.setClocks();
		if (this.points.length > 0) this.plan();
	}

	/** No fault happens any more; what it broke must be mended by whoever calls. */
	stop(): void {
		this.active = false;
		this.ambushes.stop();
	}

	private setClocks(): void {
		for (const node of this.world.nodes) this.setClock(node);
	}

	/** It runs at another rate from now on, as crystals do when it gets warm. */
	private setClock(node: SimulatedNode): void {
		const { clockSpreadPermille } = this.options;
		this.struck("clock rate", node);
		node.clock.setRate(1000 + this.world.random.between(-clockSpreadPermille, clockSpreadPermille));
	}

	private plan(): void {
		const { random } = this.world;
		this.world.after(random.between(1, 2 * this.options.faultMs), () => {
			if (!this.active) return;
			const fault = this.points[random.below(this.points.length)];
			// A wiped flash is gone for the rest of the run: it waits for its moment.
			const lies = (fault === "wiped flash" || random.chance(700)) && this.ambushes.lie(fault);
			if (!lies && fault !== "wiped flash") this.strike(fault, this.anyNode());
			this.plan();
		});
	}

	/** The leader more often than others: what ends its term is what Raft is about. */
	private anyNode(): SimulatedNode {
		const { nodes, random } = this.world;
		const leader = random.chance(400) ? this.world.leader() : undefined;
		if (leader !== undefined) return leader;
		return nodes[random.below(nodes.length)];
	}

	/** To be told when a node has power again, and recovers. */
	booted(node: SimulatedNode): void {
		this.turned(node);
	}

	/** To be told after each turn: an ambush looks whether its moment has come. */
	turned(node: SimulatedNode): void {
		const fault = this.ambushes.spring(node, isNoTear);
		if (fault === null) return;
		// Not in the middle of the turn that is told of.
		this.world.after(0, () => {
			if (this.active) this.strike(fault, node);
		});
	}

	/** Some states are over when the turn ends: what cuts an operation of the flash strikes from inside. */
	private operated(node: SimulatedNode, isErase: boolean, offset: number): void {
		const mayCut = !isErase && this.active && (isInstalling(node) || this.flashes.isFinishing(node, offset));
		const fault =
			mayCut && this.world.random.chance(INSTALL_CUT_PERMILLE)
				? this.anyTornProgram()
				: this.ambushes.spring(node, isErase ? cutsErase : isTornProgram);
		if (fault === null) return;
		// At once; or a little later, when the next of several steps has begun.
		const { random } = this.world;
		node.flash.arm(random, fault as TornFault, isErase || random.chance(800) ? 0 : random.below(20));
	}

	private anyTornProgram(): FaultName | null {
		const torn = this.points.filter(isTornProgram);
		return torn.length === 0 ? null : torn[this.world.random.below(torn.length)];
	}

	/** A fault of the network has struck what a node, or a client, sent. */
	struckMessage(fault: MessageFault, node: SimulatedNode | undefined): void {
		if (node === undefined) this.matrix.count(fault);
		else this.struck(fault, node);
	}

	/** To be told before a node's power is gone for good. */
	lostPower(node: SimulatedNode): void {
		this.crashes++;
		node.lastIndex = node.replica?.member?.raft.log.lastIndex ?? node.lastIndex;
		const { torn } = node.flash;
		if (torn === "") return;
		this.struck(torn, node);
		if (node.replica === null) this.struck("cut in recovery", node);
		if (this.active) this.bootLater(node);
	}

	struck(fault: FaultName, node: SimulatedNode): void {
		this.matrix.count(fault);
		if (!isMessageFault(fault)) this.say(node, fault);
		// Without power it has no state; one that was never formatted has none either.
		const isTorn = fault === node.flash.torn || fault === "cut in recovery";
		if (node.isWiped || (node.replica === null && !isTorn)) return;
		visitStates(node, this.options.limits.commandBytes, (state) => this.matrix.countIn(fault, state));
	}

	private bootLater(node: SimulatedNode): void {
		const { random } = this.world;
		if (random.chance(600)) return this.bootBehind(node, this.world.nowMs + MISSED_MS_MAX);
		const delayMs = random.chance(200) ? random.between(2000, 10_000) : random.between(1, 1500);
		this.world.after(delayMs, () => {
			if (this.active) this.boot(node);
		});
	}

	/**
	 * It stays dark until the leader's log begins after what it has: only a snapshot brings it back. It does
	 * not wait for a log that cannot go on without it.
	 */
	private bootBehind(node: SimulatedNode, limitMs: number): void {
		this.world.after(MISSED_LOOK_MS, () => {
			if (!this.active) return;
			const log = this.world.leader()?.replica?.member?.raft.log;
			const isBehind = log !== undefined && log.baseIndex > node.lastIndex;
			if (isBehind || !this.hasMajority() || this.world.nowMs > limitMs) this.boot(node);
			else this.bootBehind(node, limitMs);
		});
	}

	/** @returns true if a majority has power and nothing has befallen it that lasts */
	private hasMajority(): boolean {
		return 2 * this.world.nodes.filter((node) => this.isImpaired(node)).length < this.world.nodes.length;
	}

	private isImpaired(node: SimulatedNode): boolean {
		return node.replica === null || node.isWiped || node.impairedUntilMs > this.world.nowMs;
	}

	private boot(node: SimulatedNode): void {
		if (node.replica !== null) return;
		const { random } = this.world;
		node.flash.powerOn();
		if (this.options.faults.includes("cut in recovery") && random.chance(300)) {
			const kind = TORN_FAULTS[random.below(TORN_FAULTS.length)];
			node.flash.arm(random, kind, random.below(cutsErase(kind) ? 2 : 4));
		}
		this.world.bootOn(node);
		if (node.replica !== null) node.flash.disarm();
	}

	/** Brings a fault about, if it can happen to this node now. */
	private strike(fault: FaultName, node: SimulatedNode): void {
		if (IMPAIRING.includes(fault) && this.isNeeded(node)) return;
		switch (fault) {
			case "one-way cut":
			case "slow link":
				this.struck(fault, node);
				return this.links.harm(node, fault);
			case "narrow path":
				this.struck(fault, node);
				return this.links.narrow(node);
			case "one-way isolation":
				this.struck(fault, node);
				return this.links.isolate(node);
			case "partition":
				this.struck(fault, node);
				return this.links.partition(node);
			case "client restart":
				this.struck(fault, node);
				return this.clients.restart(this.world.random.below(this.clients.addresses.length));
			case "clock rate":
				return this.setClock(node);
			case "all drained":
				return this.drains.drainForAWhile();
			default:
				if (this.addresses.strike(node, fault) || this.forger.strike(node, fault)) return this.struck(fault, node);
				if (node.replica !== null && !node.isWiped) this.strikeBoard(fault, node);
		}
	}

	/**
	 * Mostly a majority is left that could go on: where nobody ever can, nothing happens that could go wrong.
	 * @returns true for a node without which there would be none
	 */
	private isNeeded(node: SimulatedNode): boolean {
		const { nodes, random } = this.world;
		if (this.isImpaired(node)) return false;
		const impaired = nodes.filter((each) => this.isImpaired(each)).length;
		return 2 * (impaired + 1) > nodes.length && random.chance(NEEDED_PERMILLE);
	}

	/** What befalls a board that has power and was not wiped. */
	private strikeBoard(fault: FaultName, node: SimulatedNode): void {
		if (isTear(fault)) return this.armFlash(node, fault);
		switch (fault) {
			case "crash":
			case "change among the dead":
				if (fault !== "crash") this.asksForMembers();
				return this.crash(node, fault);
			case "pause":
				return this.pause(node);
			case "clock jump":
				return this.jump(node);
			case "impatience":
				return this.losePatience(node);
			case "slow flash":
				this.struck(fault, node);
				return this.flashes.slowDown(node);
			case "held write":
				return this.holdWrites(node);
			case "missing hard state copy":
				// Who stopped before it wrote anything has not made good the copy that was lost before.
				if ((node.replica?.member ?? null) === null) return;
				this.crash(node, fault);
				return this.flashes.loseHardState(node);
			case "wiped flash":
				return this.wipe(node);
			case "rot":
				this.struck(fault, node);
				return this.flashes.rot(node);
			case "misdirected write":
				return this.flashes.misdirect(node);
			case "lost write":
				return node.flash.loseNext();
			case "stuck sector":
				return this.flashes.stick(node);
			case "restored image":
				return this.restore(node);
		}
	}

	/** @param fault of which the crash is a part */
	private crash(node: SimulatedNode, fault: FaultName): void {
		this.struck(fault, node);
		this.world.crash(node);
		this.bootLater(node);
	}

	private pause(node: SimulatedNode): void {
		this.struck("pause", node);
		const { random } = this.world;
		const pauseMs = random.chance(600) ? random.between(1, 300) : random.between(300, 4000);
		node.impair(this.world.nowMs + pauseMs);
		this.world.pause(node, pauseMs);
	}

	private jump(node: SimulatedNode): void {
		this.struck("clock jump", node);
		const { random } = this.world;
		node.clock.jump(random.chance(700) ? random.between(1, 500) : random.between(500, 10_000));
		this.world.wake(node, 0);
	}

	/**
	 * The leader falls silent for a moment, and all but one have waited long enough; again and again, so
	 * that terms follow one another before anything is settled, and old leaders wake among new ones.
	 */
	private losePatience(spared: SimulatedNode): void {
		const { nodes, random } = this.world;
		const leader = this.world.leader();
		if (leader !== undefined && random.chance(800)) this.world.pause(leader, random.between(5, 300));
		for (const node of nodes) {
			if (node === spared || node.replica === null || node.isWiped || random.chance(150)) continue;
			this.struck("impatience", node);
			node.clock.jump(random.between(1200, 2400));
			this.world.wake(node, 0);
		}
		if (random.chance(400)) return;
		this.world.after(random.between(5, random.chance(500) ? 120 : 800), () => {
			if (this.active) this.losePatience(random.chance(600) ? spared : this.anyNode());
		});
	}

	private armFlash(node: SimulatedNode, kind: TornFault): void {
		const { random } = this.world;
		node.flash.arm(random, kind, cutsErase(kind) ? 0 : random.below(8));
	}

	private holdWrites(node: SimulatedNode): void {
		const { random } = this.world;
		this.struck("held write", node);
		if (!this.points.includes("one-way isolation") || random.chance(500))
			return this.flashes.holdWrites(node, random.between(1, [60, 60, 400, 3000][random.below(4)]));
		// Nobody is heard either: it probes for votes with writes that are still to come.
		const holdMs = random.between(2500, 4500);
		this.flashes.holdWrites(node, holdMs);
		this.ambushes.awaitState(this.points.filter(isTear), "pre-candidate");
		this.world.after(random.between(100, 1000), () => {
			if (!this.active) return;
			this.struck("one-way isolation", node);
			this.links.cutOff(node, true, holdMs + random.between(100, 2000));
		});
	}

	private wipe(node: SimulatedNode): void {
		const { nodes } = this.world;
		const wiped = nodes.filter((each) => each.isWiped).length;
		// More would be more than any majority survives.
		if (2 * (wiped + 1) >= nodes.length) return;
		this.crash(node, "wiped flash");
		node.isWiped = true;
		node.flash.wipe();
	}

	/** It forgets what it has done since an image was taken, its promises among it. */
	private restore(node: SimulatedNode): void {
		if (!this.flashes.takeImage(node)) return;
		this.crash(node, "restored image");
		this.flashes.restoreImage(node);
	}
}

function isTornProgram(fault: FaultName): boolean {
	return isTear(fault) && !cutsErase(fault);
}

function isTear(fault: FaultName): fault is TornFault {
	return TORN_FAULTS.some((tear) => tear === fault);
}

function isNoTear(fault: FaultName): boolean {
	return !isTear(fault);
}
