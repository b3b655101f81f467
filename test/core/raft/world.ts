/** A cluster with the verbs that unit tests want, and datagrams of the test's own making. */
import assert from "node:assert/strict";
import type { Configuration } from "../../../core/configuration";
import type { Limits } from "../../../core/limits";
import { LEADER } from "../../../core/raft/role";
import { Cluster } from "./cluster";
import type { Member } from "./member";
import type { Packet, Watcher } from "./watcher";

export class World {
	readonly cluster: Cluster;
	readonly answers: string[] = [];
	private call = 1;

	constructor(voters: number, limits: Partial<Limits> = {}, seed = 1, numbers: Partial<Configuration> = {}) {
		const watcher: Watcher = {
			event: () => {},
			sent: () => {},
			answered: (member, call, reason) => this.answers.push(`${member.id}:${call}:${reason}`),
		};
		this.cluster = new Cluster(voters, 0, limits, seed, watcher, numbers);
	}

	member(id: number): Member {
		return this.cluster.members[id - 1];
	}

	/** Delivers until the network is empty. @returns what was delivered */
	settle(): Packet[] {
		const all: Packet[] = [];
		for (let packet = this.cluster.network.shift(); packet !== undefined; packet = this.cluster.network.shift()) {
			all.push(packet);
			this.cluster.deliver(packet);
		}
		return all;
	}

	elect(id: number): void {
		this.cluster.nowMs += this.cluster.configuration.electionMsMax;
		this.cluster.tick(this.member(id));
		this.settle();
		assert.equal(this.member(id).raft.role, LEADER);
	}

	heartbeat(id: number): Packet[] {
		this.cluster.nowMs += this.cluster.configuration.heartbeatMs;
		this.cluster.tick(this.member(id));
		return this.settle();
	}

	/** @returns the reason */
	propose(id: number, length: number): number {
		return this.cluster.propose(this.member(id), this.call++, "x".repeat(length));
	}

	packet(kind: number, from: number, to: number, columns: number[], bytes: number[] = []): void {
		const fields = [kind, ...columns];
		this.cluster.invariants.hasForged = true;
		this.cluster.deliver({ kind, from: from - 1, to: to - 1, fields, bytes: Uint8Array.from(bytes) });
	}
}
