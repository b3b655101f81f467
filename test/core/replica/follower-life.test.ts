/**
 * One whole replica follows leaders that come and go, lose what was not committed, and send appends and
 * chunks in any order, while its power fails in the middle of flash operations. The state that it
 * applies must be the committed one at every index, what it acknowledged must outlive its power, and
 * in the end it must catch up, by the log or by a snapshot.
 */
import assert from "node:assert/strict";
import { type Limits, PROFILE_S } from "../../../core/limits";
import {
	APPEND_ACCEPTED,
	APPEND_CONFLICT,
	APPEND_RESPONSE,
	APPEND_RESPONSE_HINT_TERM,
	APPEND_RESPONSE_INDEX,
	APPEND_RESPONSE_STATUS,
	TERM,
} from "../../../core/raft/messages";
import { NEVER, type Tear } from "../../../sim/memory-flash";
import { Random } from "../../../sim/random";
import { History, type Snapshot } from "./history";
import { LoneFollower } from "./lone-follower";

const ENTRIES_BYTES = 1300;
const SECTOR_BYTES = 4096;
/** Refused appends after which a leader that heals the follower sends its snapshot instead. */
const PATIENCE = 20;

class Life {
	powerCuts = 0;
	restarts = 0;
	acknowledgements = 0;
	readonly random: Random;
	readonly limits: Limits;
	readonly follower: LoneFollower;
	readonly history: History;
	private leader = 2;
	/** The highest index acknowledged to the leader there is, and its log as it was then. */
	private acknowledged = 0;
	private acknowledgedTerms: number[] = [];

	constructor(seed: number) {
		const random = new Random(seed);
		this.random = random;
		const logEntries = 24 + random.below(20);
		this.limits = {
			...PROFILE_S,
			commandBytes: 400,
			logBytes: 2000 + random.below(2500),
			logEntries,
			logReserveBytes: 64,
			proposals: 8,
			termRuns: 16 + random.below(40),
			snapshotEvery: logEntries + random.below(80),
			snapshotChunkBytes: 100 + random.below(900),
			keys: 40,
		};
		this.follower = new LoneFollower(this.limits, (random.chance(400) ? 24 : 64) * SECTOR_BYTES);
		this.history = new History(this.limits, this.follower.configuration, random, random.chance(500) ? 230 : 20);
	}

	live(steps: number): void {
		for (let step = 0; step < steps; step++) {
			this.step();
			if (this.random.chance(800)) this.turn();
		}
		this.heal();
	}

	private step(): void {
		const { follower, history, random } = this;
		const choice = random.below(100);
		if (choice < 8 || follower.member.raft.term > history.term) this.elect();
		else if (choice < 25) history.grow(random.between(1, 8));
		else if (choice < 35) {
			history.commitTo(random.between(history.commitIndex, history.lastIndex));
			if (random.chance(200)) history.takeSnapshot();
		} else if (choice < 40) follower.nowMs += random.below(400);
		else if (choice < 41) follower.nowMs += 2500;
		else if (choice < 43) this.boot();
		else if (choice < 46) this.planPowerCut();
		else if (choice < 60) this.sendChunks();
		else this.sendAppends();
	}

	private elect(): void {
		const { history, random } = this;
		const term = Math.max(history.term, this.follower.member.raft.term) + 1;
		history.elect(random.between(history.commitIndex, history.lastIndex), term);
		this.leader = this.leader === 2 ? 3 : 2;
		this.acknowledged = 0;
	}

	private planPowerCut(): void {
		const { flash } = this.follower;
		const tear: Tear = (before, after, target) => {
			for (let i = 0; i < target.length; i++) target[i] = this.random.chance(500) ? after[i] : before[i];
		};
		flash.tear = tear;
		flash.cutAt = flash.operations + this.random.below(12);
	}

	private sendAppends(): void {
		const { follower, history, random } = this;
		for (let appends = random.between(1, 4); appends > 0; appends--) {
			const known = Math.min(follower.member.raft.log.lastIndex, history.lastIndex);
			let previous = known;
			if (random.chance(200)) previous = Math.max(0, known - random.below(6));
			else if (random.chance(250)) previous = random.below(history.lastIndex + 1);
			const commit = random.chance(700) ? history.commitIndex : random.below(history.commitIndex + 1);
			this.sendAppend(previous, commit, random.below(12));
			if (random.chance(600)) this.turn();
		}
	}

	private sendAppend(previous: number, commit: number, most: number): void {
		const { entries, term } = this.history;
		let end = previous;
		let bytes = 0;
		while (end < entries.length && end < previous + most && bytes + entries[end].length <= ENTRIES_BYTES)
			bytes += entries[end++].length;
		const previousTerm = this.history.termAt(previous);
		this.follower.sendAppend(this.leader, term, [previous, previousTerm], commit, entries.slice(previous, end));
	}

	private sendChunks(): void {
		const { history, random } = this;
		const back = random.between(1, 2);
		if (history.snapshots.length < back) return;
		const snapshot = history.snapshots[history.snapshots.length - back];
		for (let chunks = random.between(1, 6); chunks > 0; chunks--) {
			const { incoming } = this.follower.member.raft;
			const isWanted = incoming.index === snapshot.name[0] && random.chance(850);
			this.sendChunk(snapshot, isWanted ? incoming.offset : random.below(2) * this.limits.snapshotChunkBytes);
			if (random.chance(700)) this.turn();
		}
	}

	private sendChunk(snapshot: Snapshot, offset: number): void {
		const bytes = snapshot.bytes.subarray(offset, offset + this.limits.snapshotChunkBytes);
		if (bytes.length > 0)
			this.follower.sendChunk(this.leader, Math.max(this.history.term, 1), snapshot.name, offset, bytes);
	}

	/** A turn of the follower; if its power fails it comes back. */
	private turn(): void {
		try {
			this.follower.turn();
		} catch (error) {
			if (!this.follower.flash.isOff) throw error;
			this.powerCuts++;
			this.boot();
		}
		this.check();
	}

	private boot(): void {
		this.follower.boot();
		this.restarts++;
		const { log } = this.follower.member.raft;
		assert.ok(log.lastIndex >= this.acknowledged, "entries that were acknowledged are lost");
		for (let index = Math.max(1, log.baseIndex); index <= this.acknowledged; index++)
			assert.equal(log.termAt(index), this.acknowledgedTerms[index], "entries that were acknowledged are others");
	}

	private check(): void {
		const { follower, history } = this;
		const { raft, store } = follower.member;
		assert.equal(store.appliedIndex, raft.appliedIndex);
		assert.ok(raft.commitIndex <= history.commitIndex, "it takes for committed what is not");
		assert.equal(store.stateHash(), history.hashes[raft.appliedIndex], `another state at ${raft.appliedIndex}`);
		for (const { fields, kind } of follower.answers) {
			if (kind !== APPEND_RESPONSE || fields[APPEND_RESPONSE_STATUS] !== APPEND_ACCEPTED) continue;
			if (fields[TERM] !== history.term) continue;
			this.acknowledgements++;
			const index = fields[APPEND_RESPONSE_INDEX];
			assert.ok(index <= history.lastIndex, "it acknowledges what nobody sent");
			if (index <= this.acknowledged) continue;
			this.acknowledged = index;
			this.acknowledgedTerms = [];
			for (let i = 0; i <= index; i++) this.acknowledgedTerms.push(history.termAt(i));
		}
		follower.answers.length = 0;
	}

	/** One leader stays, and does what leaders do. */
	private heal(): void {
		const { follower, history } = this;
		follower.flash.cutAt = NEVER;
		this.elect();
		history.commitTo(history.lastIndex);
		const snapshot = history.takeSnapshot();
		let previous = history.lastIndex;
		let refused = 0;
		for (let rounds = 0; follower.member.raft.appliedIndex < history.commitIndex; rounds++) {
			assert.ok(rounds < 3000, "the follower does not catch up");
			follower.nowMs += 20;
			const { incoming } = follower.member.raft;
			if (refused < PATIENCE) this.sendAppend(previous, history.commitIndex, Infinity);
			else this.sendChunk(snapshot, incoming.index === snapshot.name[0] ? incoming.offset : 0);
			follower.turn();
			for (const { fields, kind } of follower.answers) {
				if (kind !== APPEND_RESPONSE || fields[TERM] !== history.term) continue;
				const index = fields[APPEND_RESPONSE_INDEX];
				if (fields[APPEND_RESPONSE_STATUS] === APPEND_ACCEPTED) previous = index;
				else if (fields[APPEND_RESPONSE_STATUS] === APPEND_CONFLICT) {
					previous = Math.min(previous - 1, index);
					while (history.termAt(previous) > fields[APPEND_RESPONSE_HINT_TERM]) previous--;
				} else refused++;
			}
			this.check();
		}
	}
}

describe("a follower's life", () => {
	it("applies what is committed, keeps what it acknowledged, and catches up, 200 seeds", () => {
		const total = { powerCuts: 0, restarts: 0, acknowledgements: 0, taken: 0, installed: 0 };
		for (let seed = 1; seed <= 200; seed++) {
			try {
				const life = new Life(seed);
				life.live(600);
				total.powerCuts += life.powerCuts;
				total.restarts += life.restarts;
				total.acknowledgements += life.acknowledgements;
				total.taken += life.follower.member.snapshots.taken;
				total.installed += life.follower.member.snapshots.installed;
			} catch (error) {
				throw new Error(`seed ${seed}`, { cause: error });
			}
		}
		assert.ok(
			total.powerCuts > 1000 && total.restarts > 2000 && total.acknowledgements > 50_000,
			JSON.stringify(total),
		);
		assert.ok(total.taken > 10 && total.installed > 3, JSON.stringify(total));
	});
});
