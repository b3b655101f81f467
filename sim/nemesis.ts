/**
 * Brings the faults about: at random moments, and in ambush, which waits until some node is in a
 * certain state and strikes just then, so that a crash of a candidate is as common as it is rare
 * in a life without the simulator.
 */
import { Layout } from "../core/journal/layout";
import type { FaultName } from "./fault-names";
import type { MessageFault } from "./links";
import { Matrix } from "./matrix";
import type { SimulatedNode } from "./node";
import type { Options } from "./options";
import { TORN_FAULTS, type TornFault } from "./simulated-flash";
import { STATES, type StateName, visitStates } from "./states";
import type { World } from "./world";

/** Faults that the network brings about by itself, from its per mille. */
const ON_MESSAGES: readonly FaultName[] = Object.freeze(["loss", "duplicate", "replay", "corrupt", "delay"]);
const HARD_STATE_SECTORS = 2;
/** States that few runs come to. */
const RARE: readonly StateName[] = Object.freeze(["sending a snapshot", "receiving a snapshot", "log full"]);
/** States that an ambush waits for: the rarer one is, the more often. */
const IN_AMBUSH: readonly StateName[] = Object.freeze([
	...STATES,
	...(["pre-candidate", "candidate", "leader elect", "writing", "catching up", "taking a snapshot"] as const),
	...RARE,
	...RARE,
]);
const AMBUSHES_MAX = 6;

/** Waits until a node is in that state, and strikes. */
interface Ambush {
	readonly fault: FaultName;
	readonly state: StateName;
}

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
	crashes = 0;
	private readonly world: World;
	private readonly options: Options;
	private readonly clients: Clients;
	private readonly say: (node: SimulatedNode, fault: FaultName) => void;
	private readonly points: FaultName[] = [];
	private active = true;
	private readonly ambushes: Ambush[] = [];

	/** @param say told of each fault as it strikes a node */
	constructor(world: World, options: Options, clients: Clients, say: (node: SimulatedNode, fault: FaultName) => void) {
		this.world = world;
		this.say = say;
		this.options = options;
		this.clients = clients;
		for (const fault of options.faults)
			if (fault !== "cut in recovery" && !ON_MESSAGES.includes(fault)) this.points.push(fault);
		for (const node of world.nodes) node.flash.onOperation = (isErase) => this.operated(node, isErase);
		if (options.faults.includes("clock rate")) this.setClocks();
		if (this.points.length > 0) this.plan();
	}

	/** No fault happens any more; what it broke must be mended by whoever calls. */
	stop(): void {
		this.active = false;
		this.ambushes.length = 0;
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
			if (fault === "wiped flash" || random.chance(700)) this.lie(fault);
			else this.strike(fault, this.anyNode());
			this.plan();
		});
	}

	/** An ambush for what is rare may wait long: a new one takes the place of another now and then. */
	private lie(fault: FaultName): void {
		const { ambushes } = this;
		const { random } = this.world;
		const ambush = { fault, state: IN_AMBUSH[random.below(IN_AMBUSH.length)] };
		if (ambushes.length < AMBUSHES_MAX) ambushes.push(ambush);
		else if (random.chance(300)) ambushes[random.below(AMBUSHES_MAX)] = ambush;
	}

	private anyNode(): SimulatedNode {
		const { nodes, random } = this.world;
		return nodes[random.below(nodes.length)];
	}

	/** To be told when a node has power again, and recovers. */
	booted(node: SimulatedNode): void {
		this.turned(node);
	}

	/** To be told after each turn: an ambush looks whether its moment has come. */
	turned(node: SimulatedNode): void {
		const fault = this.spring(node, isNoTear);
		if (fault === null) return;
		// Not in the middle of the turn that is told of.
		this.world.after(0, () => {
			if (this.active) this.strike(fault, node);
		});
	}

	/** Some states are over when the turn ends: what cuts an operation of the flash strikes from inside. */
	private operated(node: SimulatedNode, isErase: boolean): void {
		const fault = this.spring(node, isErase ? isTornErase : isTornProgram);
		if (fault !== null) node.flash.arm(this.world.random, fault as TornFault, 0);
	}

	/** @returns the fault of an ambush whose moment has come, which lies in wait no longer; or null */
	private spring(node: SimulatedNode, isMeant: (fault: FaultName) => boolean): FaultName | null {
		const { ambushes } = this;
		if (ambushes.length === 0 || node.isWiped || node.replica === null) return null;
		if (!ambushes.some(({ fault }) => isMeant(fault))) return null;
		let found = -1;
		visitStates(node, this.options.limits.commandBytes, (state) => {
			for (let i = 0; i < ambushes.length; i++)
				if (ambushes[i].state === state && isMeant(ambushes[i].fault)) found = i;
		});
		if (found < 0) return null;
		const [ambush] = ambushes.splice(found, 1);
		if (RARE.includes(ambush.state)) this.lieAgain(ambush.state);
		return ambush.fault;
	}

	/** What is rare is made use of: something else waits for the same state soon. */
	private lieAgain(state: StateName): void {
		const { ambushes, points } = this;
		const { random } = this.world;
		this.world.after(random.between(1, this.options.faultMs), () => {
			if (!this.active || ambushes.length > AMBUSHES_MAX) return;
			ambushes.push({ fault: points[random.below(points.length)], state });
		});
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

	private struck(fault: FaultName, node: SimulatedNode): void {
		this.matrix.count(fault);
		if (!ON_MESSAGES.includes(fault)) this.say(node, fault);
		// Without power it has no state; one that was never formatted has none either.
		const isTorn = fault === node.flash.torn || fault === "cut in recovery";
		if (node.isWiped || (node.replica === null && !isTorn)) return;
		visitStates(node, this.options.limits.commandBytes, (state) => this.matrix.countIn(fault, state));
	}

	private bootLater(node: SimulatedNode): void {
		const { random } = this.world;
		if (random.chance(450)) return this.bootBehind(node, this.world.nowMs + MISSED_MS_MAX);
		const delayMs = random.chance(200) ? random.between(2000, 10_000) : random.between(1, 1500);
		this.world.after(delayMs, () => {
			if (this.active) this.boot(node);
		});
	}

	/** It stays dark until the leader's log begins after what it has: only a snapshot brings it back. */
	private bootBehind(node: SimulatedNode, limitMs: number): void {
		this.world.after(MISSED_LOOK_MS, () => {
			if (!this.active) return;
			const log = this.world.leader()?.replica?.member?.raft.log;
			const isBehind = log !== undefined && log.baseIndex > node.lastIndex;
			if (isBehind || this.world.nowMs > limitMs) this.boot(node);
			else this.bootBehind(node, limitMs);
		});
	}

	private boot(node: SimulatedNode): void {
		if (node.replica !== null) return;
		const { random } = this.world;
		node.flash.powerOn();
		if (this.options.faults.includes("cut in recovery") && random.chance(300)) {
			const kinds: TornFault[] = ["lost program", "torn program", "unfinished program", "torn program"];
			node.flash.arm(random, kinds[random.below(kinds.length)], random.below(4));
		}
		this.world.bootOn(node);
		if (node.replica !== null) node.flash.disarm();
	}

	/** Brings a fault about, if it can happen to this node now. */
	private strike(fault: FaultName, node: SimulatedNode): void {
		switch (fault) {
			case "crash":
				return this.crash(node);
			case "pause":
				return this.pause(node);
			case "clock rate":
				return this.setClock(node);
			case "clock jump":
				return this.jump(node);
			case "lost program":
			case "torn program":
			case "unfinished program":
			case "torn erase":
				return this.armFlash(node, fault);
			case "slow flash":
				return this.slowFlash(node);
			case "held write":
				return this.holdWrites(node);
			case "missing hard state copy":
				return this.loseHardState(node);
			case "wiped flash":
				return this.wipe(node);
			case "one-way cut":
			case "slow link":
				return this.harmLink(node, fault);
			case "one-way isolation":
				return this.isolate(node);
			case "partition":
				return this.partition(node);
			case "client restart":
				return this.restartClient(node);
		}
	}

	private crash(node: SimulatedNode): void {
		if (node.replica === null) return;
		this.struck("crash", node);
		this.world.crash(node);
		this.bootLater(node);
	}

	private pause(node: SimulatedNode): void {
		if (node.replica === null) return;
		this.struck("pause", node);
		const { random } = this.world;
		this.world.pause(node, random.chance(700) ? random.between(1, 300) : random.between(300, 4000));
	}

	private jump(node: SimulatedNode): void {
		if (node.replica === null) return;
		this.struck("clock jump", node);
		const { random } = this.world;
		node.clock.jump(random.chance(700) ? random.between(1, 500) : random.between(500, 10_000));
		this.world.wake(node, 0);
	}

	private armFlash(node: SimulatedNode, kind: TornFault): void {
		if (node.replica === null) return;
		const { random } = this.world;
		node.flash.arm(random, kind, kind === "torn erase" ? 0 : random.below(8));
	}

	private slowFlash(node: SimulatedNode): void {
		if (node.replica === null) return;
		const { random } = this.world;
		this.struck("slow flash", node);
		node.flash.programMs = random.between(0, 8);
		node.flash.eraseMs = random.between(10, node.flash.stallMsMax);
		this.world.after(random.between(100, 8000), () => {
			node.flash.programMs = 0;
			node.flash.eraseMs = 0;
		});
	}

	/** As if storage were asynchronous: nothing becomes durable for a while, all else goes on. */
	private holdWrites(node: SimulatedNode): void {
		const member = node.replica?.member ?? null;
		if (member === null) return;
		const { random } = this.world;
		this.struck("held write", node);
		member.holdWrites = true;
		this.world.after(random.between(1, random.chance(700) ? 60 : 3000), () => {
			member.holdWrites = false;
			if (node.replica?.member === member) this.world.wake(node, 0);
		});
	}

	private loseHardState(node: SimulatedNode): void {
		if (node.replica === null || node.isWiped) return;
		this.struck("missing hard state copy", node);
		this.world.crash(node);
		const { flash } = node;
		const layout = new Layout(flash, 1);
		const copies = [layout.hardStateA, layout.hardStateB];
		const start = copies[this.world.random.below(2)] * flash.sectorSize;
		flash.bytes.fill(0xff, start, start + HARD_STATE_SECTORS * flash.sectorSize);
		this.bootLater(node);
	}

	private wipe(node: SimulatedNode): void {
		const { nodes } = this.world;
		const wiped = nodes.filter((each) => each.isWiped).length;
		// More would be more than any majority survives.
		if (node.isWiped || node.replica === null || 2 * (wiped + 1) >= nodes.length) return;
		this.struck("wiped flash", node);
		this.world.crash(node);
		node.isWiped = true;
		node.flash.wipe();
		this.bootLater(node);
	}

	/** Ends of the network that a node may lose: other nodes, and clients. */
	private others(node: SimulatedNode): number[] {
		const all = [...this.world.nodes.map((each) => each.address), ...this.clients.addresses];
		return all.filter((address) => address !== node.address);
	}

	/** Mostly too short for an election, sometimes long enough for several. */
	private outageMs(): number {
		const { random } = this.world;
		return random.chance(600) ? random.between(20, 1000) : random.between(1000, 6000);
	}

	private mendLater(from: number, to: number, delayMs: number): void {
		this.world.after(delayMs, () => this.world.links.mend(from, to));
	}

	private harmLink(node: SimulatedNode, fault: "one-way cut" | "slow link"): void {
		const { links, random } = this.world;
		const others = this.others(node);
		const other = others[random.below(others.length)];
		const [from, to] = random.chance(500) ? [node.address, other] : [other, node.address];
		this.struck(fault, node);
		if (fault === "one-way cut") links.cut(from, to);
		else links.slowDown(from, to, random.between(20, 2000));
		this.mendLater(from, to, this.outageMs());
	}

	/** It hears nobody, or nobody hears it. */
	private isolate(node: SimulatedNode): void {
		const { links, random } = this.world;
		const isDeaf = random.chance(500);
		const delayMs = this.outageMs();
		this.struck("one-way isolation", node);
		for (const other of this.others(node)) {
			const [from, to] = isDeaf ? [other, node.address] : [node.address, other];
			links.cut(from, to);
			this.mendLater(from, to, delayMs);
		}
	}

	/** Two sides that do not hear each other; the struck node is on the first. */
	private partition(node: SimulatedNode): void {
		const { links, random } = this.world;
		const ends = this.others(node);
		const sides = ends.map(() => random.below(2));
		const delayMs = this.outageMs();
		this.struck("partition", node);
		ends.push(node.address);
		sides.push(0);
		for (let a = 0; a < ends.length; a++) {
			for (let b = 0; b < ends.length; b++) {
				if (sides[a] === sides[b]) continue;
				links.cut(ends[a], ends[b]);
				this.mendLater(ends[a], ends[b], delayMs);
			}
		}
	}

	private restartClient(node: SimulatedNode): void {
		this.struck("client restart", node);
		this.clients.restart(this.world.random.below(this.clients.addresses.length));
	}
}

function isTornErase(fault: FaultName): boolean {
	return fault === "torn erase";
}

function isTornProgram(fault: FaultName): boolean {
	return isTear(fault) && !isTornErase(fault);
}

function isTear(fault: FaultName): boolean {
	return TORN_FAULTS.some((tear) => tear === fault);
}

function isNoTear(fault: FaultName): boolean {
	return !isTear(fault);
}
