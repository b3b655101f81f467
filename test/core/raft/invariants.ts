/** What must hold of a test's cluster of bare Raft instances, whenever a member has done something. */
import assert from "node:assert/strict";
import { isVoting, NOBODY } from "../../../core/configuration";
import { LEADER } from "../../../core/raft/role";
import type { Cluster } from "./cluster";
import { configurationText, configurationTextOf } from "./configurations";
import { entryText, type Member, type Snapshot } from "./member";
import { isSameEntry, WITHHELD } from "./withheld";

export class Invariants {
	/** What was committed, by index: the first to say so decides, all others must agree. */
	readonly committed: string[] = [];
	/** The leader of each term. */
	readonly leaders = new Map<number, number>();
	/** The configuration of each snapshot, as it is encoded: all at one index hold the same. */
	readonly snapshotConfigurations = new Map<number, Uint8Array>();
	/** True when acknowledgements were made up: nobody then holds what they speak of. */
	hasForged = false;
	/** True once a configuration was changed: until then there is nothing to check of it. */
	private isChanged = false;
	private readonly cluster: Cluster;

	constructor(cluster: Cluster) {
		this.cluster = cluster;
	}

	/** The invariants of Raft (figure 3), whenever a member has done something. */
	check(member: Member): void {
		const { raft } = member;
		if (raft.role === LEADER) {
			assert.ok(!member.isWitness, "a witness leads");
			const leader = this.leaders.get(raft.term);
			if (leader === undefined) {
				this.leaders.set(raft.term, member.place);
				for (let index = raft.log.baseIndex + 1; index <= this.committed.length; index++) {
					assert.equal(member.entryAt(index), this.committed[index - 1], "leader completeness");
				}
				for (let index = raft.log.baseIndex + 1; index <= raft.log.lastIndex; index++) {
					assert.ok(!member.entryAt(index).endsWith(`:${WITHHELD}`), "a leader lacks the payload of an entry");
				}
			} else assert.equal(leader, member.place, "election safety: two leaders in one term");
		}
		const last = Math.min(raft.commitIndex, raft.log.lastIndex);
		if (last > this.committed.length) {
			assert.ok(!member.isWitness, "a witness was the first to commit");
			for (let index = this.committed.length + 1; index <= last; index++) this.committed.push(member.entryAt(index));
			if (raft.role === LEADER && !this.hasForged) this.checkQuorum(member, last);
		}
		this.checkConfiguration(member);
		if (member.state.length === 0) return;
		const index = member.state.length;
		assert.ok(index <= this.committed.length);
		const [applied, committed] = [member.state[index - 1], this.committed[index - 1]];
		const isSame = member.isWitness ? applied === WITHHELD || isSameEntry(applied, committed) : applied === committed;
		assert.ok(isSame, `state machine safety: applied ${applied}, committed ${committed}`);
	}

	/** What is committed is durable at a majority of those who vote, in each half of a joint configuration. */
	private checkQuorum(leader: Member, index: number): void {
		const { configuration } = leader.raft;
		const text = leader.entryAt(index);
		const halves = configuration.isJoint() ? [configuration.roles, configuration.outgoingRoles] : [configuration.roles];
		for (const roles of halves) {
			let voters = 0;
			let holders = 0;
			let keepers = 0;
			for (let place = 0; place < configuration.count; place++) {
				if (!isVoting(roles[place])) continue;
				voters++;
				const number = this.cluster.numberOf(leader, place);
				if (number === NOBODY) continue;
				const { baseIndex, entries, isWitness, snapshot } = this.cluster.members[number];
				const entry = entries[index - baseIndex - 1];
				if (index > snapshot.index && !(entry !== undefined && isSameEntry(entryText(entry.bytes, 0), text))) continue;
				holders++;
				if (!isWitness) keepers++;
			}
			assert.ok(keepers > 0, `entry ${index} was committed and nobody keeps it`);
			assert.ok(holders * 2 > voters, `entry ${index} was committed by ${holders} of ${voters}`);
		}
	}

	/** The twin: the configuration in force is the last one in the log, or that of the snapshot. */
	private checkConfiguration(member: Member): void {
		const { configuration, log, snapshot } = member.raft;
		if (configuration.index > 0) this.isChanged = true;
		if (!this.isChanged || !member.running) return;
		const { bytes, index } = member.snapshot;
		assert.ok(bytes.length > 0 && index === snapshot.index);
		let naive = configurationText(member.snapshot.configuration, 0, member.snapshot.configuration.length);
		for (let at = log.lastIndex; at > snapshot.index && at > log.baseIndex; at--) {
			const text = member.entryAt(at);
			if (!text.includes("{")) continue;
			naive = text.slice(text.indexOf(":") + 1);
			break;
		}
		assert.equal(configurationTextOf(configuration), naive, "another configuration is in force than the log's");
	}

	/** Snapshots at one index hold the same configuration, and the one that was committed. */
	checkSnapshot(snapshot: Snapshot): void {
		const { configuration, index } = snapshot;
		const known = this.snapshotConfigurations.get(index);
		if (known !== undefined) assert.deepEqual(configuration, known, "two snapshots of one index differ");
		this.snapshotConfigurations.set(index, configuration);
		const text = configurationText(configuration, 0, configuration.length);
		const last = this.committed
			.slice(0, index)
			.filter((entry) => entry.includes("{"))
			.at(-1);
		if (last !== undefined)
			assert.equal(text, last.slice(last.indexOf(":") + 1), "a snapshot of what is not committed");
	}
}
