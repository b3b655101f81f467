/**
 * What a run is made of, drawn from its seed (swarm testing: Groce et al., ISSTA 2012): each run
 * has some faults and not others, tight bounds or wide ones, few clients or many, because a fault
 * that is always there hides what the others would show.
 */
import { SNAPSHOT_HEADER_BYTES, sectorRoomBytes, snapshotBytesMax } from "../core/journal/layout";
import { type Limits, PROFILE_S } from "../core/limits";
import { STORAGE_RESERVE_BYTES } from "../core/raft/raft";
import { pairBytes } from "../core/store/keys";
import { configurationBytesMax } from "../core/wire/configuration";
import { FAULTS, type FaultName, LATER_FAULTS } from "./faults/names";
import { CALM, type NetworkFaults } from "./links";
import { Random } from "./random";
import { drawServices, mayJump, type ServiceOptions } from "./service-options";

/** Where a cluster stands when the run begins, as if it had worked for years. */
export interface Start {
	readonly index: number;
	readonly term: number;
	readonly revision: number;
	/** What the nodes' clocks show at boot, and the clients' at the start. */
	readonly clockMs: number;
	/** Of the hard state, before: where in its sectors the next one goes. */
	readonly hardStateWrites: number;
}

export interface Options extends ServiceOptions {
	readonly seed: number;
	readonly nodes: number;
	/** Of the nodes, the last ones, those that keep no state. */
	readonly witnesses: number;
	/** Boards that wait to be added. */
	readonly spares: number;
	/** Members come and go. */
	readonly changesMembers: boolean;
	readonly clients: number;
	readonly keys: number;
	readonly valueBytesMax: number;
	/** A client waits from 1 to so many milliseconds between two calls. */
	readonly thinkMsMax: number;
	/** Of 1000 calls, so many are reads. */
	readonly readPermille: number;
	readonly limits: Limits;
	readonly flashBytes: number;
	readonly sectorBytes: number;
	readonly network: NetworkFaults;
	/** The faults that happen, in the order of FAULTS. */
	readonly faults: readonly FaultName[];
	/** A fault happens every so many milliseconds on average. */
	readonly faultMs: number;
	/** Each node's clock runs at 1000 ± so many per mille. */
	readonly clockSpreadPermille: number;
	/** Simulated milliseconds under faults. */
	readonly durationMs: number;
	readonly start: Start;
}

/** What a person may say instead of the seed; all else is drawn as it would be. */
export interface Overrides {
	readonly nodes?: number;
	readonly clients?: number;
	readonly durationMs?: number;
	/** Whether members come and go. */
	readonly changesMembers?: boolean;
	/** Only these faults. */
	readonly only?: readonly FaultName[];
	/** Not these. */
	readonly without?: readonly FaultName[];
	/** Clocks differ by more than any lease's bound allows. */
	readonly wildClocks?: boolean;
}

const NODES_MAX = 7;
/** The superblocks, the hard state and the spares. */
const FIXED_SECTORS = 8;
const LOG_SECTORS_MIN = 6;
const EDGES = [0x80000000, 0x100000000];

/** @returns what the run of this seed is made of */
export function drawOptions(seed: number, overrides: Overrides = {}): Options {
	// Not the world's own sequence: what is overridden must not change what follows.
	const random = new Random(seed ^ 0x5bd1e995);
	const nodes = random.chance(700) ? random.between(3, 5) : random.between(1, NODES_MAX);
	const limits = drawLimits(random);
	// Small sectors are soon used again.
	const sectorBytes = random.chance(500) ? 1024 : 4096;
	const faults = drawFaults(random, overrides);
	const network = drawNetwork(random, faults);
	const clockSpreadPermille = random.chance(500) ? random.below(40) : 0;
	const drawn = {
		sectorBytes,
		flashBytes: drawSectors(random, limits, sectorBytes) * sectorBytes,
		clients: random.chance(150) ? random.between(7, 12) : random.between(1, 6),
		keys: random.between(1, 8),
		valueBytesMax: random.chance(500) ? 8 : limits.valueBytes,
		// A long window is of use only to those who are in a hurry.
		thinkMsMax: random.chance(400) || limits.appendsInFlight === 16 ? 15 : random.between(30, 300),
		readPermille: random.chance(800) ? random.between(100, 700) : 0,
		faultMs: [40, 120, 400, 1200][random.below(4)],
		durationMs: random.between(4, 24) * 1000,
		start: drawStart(random),
	};
	const voters = overrides.nodes ?? nodes;
	// From a sequence of their own: seeds in which nobody comes or goes stay what they were.
	const changing = new Random(seed ^ 0x2545f491);
	const asksForMembers = overrides.only?.includes("change among the dead") ?? false;
	const changesMembers = overrides.changesMembers ?? ((changing.chance(300) || asksForMembers) && voters > 1);
	const witnessing = new Random(seed ^ 0x1b873593);
	const witnesses = witnessing.chance(250) && voters > 1 ? witnessing.between(1, Math.floor(voters / 2)) : 0;
	const spreadPermille = overrides.wildClocks ? 500 : clockSpreadPermille + 1;
	const services = drawServices(seed, overrides, faults.includes("clock rate") ? clockSpreadPermille + 1 : 0);
	return {
		...drawn,
		...services,
		seed,
		limits,
		// Where nobody comes or goes, nobody asks for that among the dead. A board that is wiped is given its next life where members change, and no other is lost for good. Nor
		// is one that may be the only one which keeps what was committed.
		faults: faults.filter((name) => {
			if (name === "change among the dead") return changesMembers;
			return mayJump(services, overrides, name) && !((changesMembers || witnesses > 0) && name === "wiped flash");
		}),
		network,
		changesMembers,
		spares: changesMembers ? Math.min(changing.between(0, 3), NODES_MAX - voters) : 0,
		nodes: voters,
		witnesses,
		clients: overrides.clients ?? drawn.clients,
		durationMs: overrides.durationMs ?? drawn.durationMs,
		clockSpreadPermille: faults.includes("clock rate") ? spreadPermille : 0,
	};
}

/** Mostly so tight that every bound is met often. */
function drawLimits(random: Random): Limits {
	const base = { ...PROFILE_S, members: NODES_MAX };
	if (random.chance(150)) return { ...base, snapshotEvery: 100 };
	// A window of appends as long as the log in RAM: a follower whose flash is slow runs out of room.
	const isTight = random.chance(150);
	const logEntries = isTight ? 16 : 16 + random.below(50);
	// Long values fill the log on flash before a snapshot can free it.
	const valueBytes = random.chance(250) ? random.between(250, 400) : random.between(16, 115);
	const commandBytes = Math.max(valueBytes + 100, configurationBytesMax(base.members));
	return {
		...base,
		keyBytes: 32,
		valueBytes,
		commandBytes,
		logEntries,
		logBytes: 2 * (commandBytes + 8) + 64 + 1472 + (isTight ? 0 : random.below(3000)),
		logReserveBytes: 16 + random.below(48),
		logReserveEntries: 8,
		proposals: isTight ? logEntries - 8 : 1 + random.below(logEntries - 8),
		reads: 1 + random.below(6),
		appendsInFlight: isTight ? 16 : random.between(1, random.chance(200) ? 12 : 5),
		snapshotEvery: logEntries + random.below(random.chance(500) ? 4 : 80),
		termRuns: 16 + random.below(20),
		snapshotChunkBytes: random.chance(500) ? random.between(16, 80) : random.between(60, 600),
		sessions: random.chance(250) ? random.between(1, 5) : random.between(8, 13),
		sessionProtection: 4 + random.below(60),
		keys: random.chance(200) ? 4 : 16,
		// A reserve, and room for at least one pair.
		liveBytes: (random.chance(200) ? 3 : 16) * pairBytes(32, valueBytes),
	};
}

/** A log on flash of a few sectors, which is full most of the time, or of many. */
function drawSectors(random: Random, limits: Limits, sectorBytes: number): number {
	const slots = 2 * Math.ceil((SNAPSHOT_HEADER_BYTES + snapshotBytesMax(limits)) / sectorBytes);
	const least = Math.ceil((2 * STORAGE_RESERVE_BYTES) / sectorRoomBytes(limits, sectorBytes)) + 3;
	const log = Math.max(least, LOG_SECTORS_MIN) + random.below(random.chance(600) ? 3 : 24);
	return FIXED_SECTORS + slots + log;
}

function drawFaults(random: Random, overrides: Overrides): FaultName[] {
	const chosen: FaultName[] = [];
	// Some runs have nearly all faults, some few, and one in sixteen none.
	const share = [0, 150, 300, 500, 500, 700, 700, 900][random.below(8)];
	for (const name of FAULTS) if (random.chance(share)) chosen.push(name);
	const { only, wildClocks, without } = overrides;
	if (wildClocks && !chosen.includes("clock rate")) chosen.push("clock rate");
	const named = only === undefined ? chosen : [...FAULTS, ...LATER_FAULTS].filter((name) => only.includes(name));
	return named.filter((name) => !without?.includes(name));
}

function drawNetwork(random: Random, faults: readonly FaultName[]): NetworkFaults {
	const of = (name: FaultName, permille: number) => (faults.includes(name) ? permille : 0);
	const longest = random.chance(200) ? random.between(200, 2500) : random.between(3, 150);
	return {
		...CALM,
		lossPermille: of("loss", random.between(5, random.chance(200) ? 300 : 80)),
		duplicatePermille: of("duplicate", random.between(5, 300)),
		replayPermille: of("replay", random.between(5, 150)),
		replayMsMax: random.between(500, 8000),
		strayPermille: of("replay from elsewhere", random.between(5, 150)),
		corruptPermille: of("corrupt", random.between(5, 60)),
		delayMsMax: faults.includes("delay") ? longest : 3,
	};
}

/** One seed in six begins just below where a number of 31 or 32 bits would end. */
function drawStart(random: Random): Start {
	const near = () => {
		const edge = EDGES[random.below(2)] - random.between(1, 120);
		return random.chance(600) ? edge : 0;
	};
	const isOld = random.chance(170);
	const index = near();
	const revision = near();
	const clockMs = near();
	// The last term is 2^32 - 1, and reaching it is the end: only 2^31 is an edge to cross.
	const term = random.chance(600) ? EDGES[0] - random.between(1, 20) : 0;
	const hardStateWrites = random.chance(500) ? random.below(80) : 0;
	if (!isOld) return { index: 0, term: 0, revision: 0, clockMs: 0, hardStateWrites };
	return {
		index,
		hardStateWrites,
		clockMs: clockMs * random.below(2),
		term: index === 0 ? 0 : term,
		revision: Math.min(revision, index),
	};
}
