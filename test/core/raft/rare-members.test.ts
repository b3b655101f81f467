/** Ways through membership, rests and reads that whole clusters seldom or never take: each is here because it can be taken. */
import assert from "node:assert/strict";
import { NO_ROOM } from "../../../core/bytes";
import { type Configuration, NOBODY, ROLE_NONE, ROLE_VOTER } from "../../../core/configuration";
import { ENTRY_COMMAND, ENTRY_CONFIGURATION, ENTRY_HEADER_BYTES, writeEntryHeader } from "../../../core/entry";
import { changeConfiguration } from "../../../core/raft/change";
import { readHere } from "../../../core/raft/follower-reads";
import { committedConfiguration, meet } from "../../../core/raft/membership";
import {
	APPEND_REQUEST,
	APPEND_RESPONSE,
	INDEX_MAX,
	QUIET_REQUEST,
	QUIET_RESPONSE,
	READ_INDEX_REQUEST,
	READ_INDEX_RESPONSE,
	VOTE_REQUEST,
} from "../../../core/raft/messages";
import { Places } from "../../../core/raft/places";
import { LEADER } from "../../../core/raft/role";
import { BAD_CONFIGURATION, DONE, LOG_FULL } from "../../../core/reasons";
import { configurationOf } from "./configurations";
import { ENCODING } from "./encoding";
import { hearVoters } from "./heard";
import type { Member } from "./member";
import { World } from "./world";

function led(numbers: Partial<Configuration> = {}): World {
	const world = new World(3, {}, 1, numbers);
	world.elect(1);
	world.heartbeat(1);
	return world;
}

/** An entry of type configuration, as it stands in a datagram. */
function entryOf(payload: Uint8Array): number[] {
	const bytes = new Uint8Array(ENTRY_HEADER_BYTES + payload.length);
	writeEntryHeader(bytes, 0, ENTRY_CONFIGURATION, payload.length, 1);
	bytes.set(payload, ENTRY_HEADER_BYTES);
	return [...bytes];
}

function encoded(configuration: Configuration, index: number): Uint8Array {
	const bytes = new Uint8Array(200);
	configuration.index = index;
	const end = ENCODING.write(bytes, 0, bytes.length, configuration);
	assert.notEqual(end, NO_ROOM);
	return bytes.slice(0, end);
}

/** @returns the reason for what is asked of the leader */
function asked({ raft }: Member, next: Configuration): number {
	return changeConfiguration(raft, next, raft.configuration.index, 77);
}

describe("a follower that is sent a configuration", () => {
	it("takes nothing of the message when it is none, of another index, or unsound", () => {
		const world = led();
		const { raft } = world.member(2);
		const unsound = configurationOf(["1", "2"], raft.configuration);
		unsound.electionMsMin = 20;
		const wrong = [
			Uint8Array.of(1, 2, 3),
			encoded(configurationOf(["1", "2"], raft.configuration), 9),
			encoded(unsound, 2),
		];
		for (const payload of wrong) {
			world.packet(APPEND_REQUEST, 1, 2, [1, 1, 1, 1, 9], entryOf(payload));
			assert.deepEqual([raft.log.lastIndex, raft.configuration.index], [1, 0]);
			assert.deepEqual(world.cluster.network, []);
		}
		const right = encoded(configurationOf(["1", "2"], raft.configuration), 2);
		world.packet(APPEND_REQUEST, 1, 2, [1, 1, 1, 1, 9], entryOf(right));
		assert.deepEqual([raft.log.lastIndex, raft.configuration.index], [2, 2]);
		assert.equal(world.cluster.network[0].kind, APPEND_RESPONSE);
		assert.equal(committedConfiguration(raft).index, 0, "it is in force, and not committed");
		raft.commitIndex = 2;
		assert.equal(committedConfiguration(raft).index, 2);
	});

	it("does not take it again from a message for which it has no room (seed 99734)", () => {
		const world = led();
		const { raft } = world.member(2);
		const payload = encoded(configurationOf(["1", "2"], raft.configuration), 2);
		world.packet(APPEND_REQUEST, 1, 2, [1, 1, 1, 1, 9], entryOf(payload));
		assert.equal(raft.configuration.index, 2);
		raft.storageBytes = 0;
		const later = encoded(configurationOf(["1", "2", "3"], raft.configuration), 3);
		world.packet(APPEND_REQUEST, 1, 2, [1, 2, 1, 1, 9], entryOf(later));
		assert.deepEqual([raft.log.lastIndex, raft.configuration.index], [2, 2]);
	});
});

describe("a leader that is asked for other members", () => {
	it("refuses what no cluster may have", () => {
		const world = led();
		const leader = world.member(1);
		const { configuration } = leader.raft;
		const nobody = configurationOf(["1", "2", "3"], configuration);
		nobody.set(3, 4, 1, ROLE_NONE, 0, 0, ROLE_NONE);
		const joint = configurationOf(["1", "2"], configuration);
		joint.outgoingRoles[0] = ROLE_VOTER;
		for (const next of [nobody, joint]) assert.equal(asked(leader, next), BAD_CONFIGURATION);
		assert.equal(leader.raft.log.lastIndex, 1);
	});

	it("refuses without room on flash or in RAM, and has changed nothing", () => {
		const world = led();
		const leader = world.member(1);
		const { log } = leader.raft;
		const quieter = configurationOf(["1", "2", "3"], leader.raft.configuration);
		quieter.quietAfterMs = 1000;
		leader.raft.storageBytes = 20;
		assert.equal(asked(leader, quieter), LOG_FULL);
		leader.raft.storageBytes = Infinity;
		// Nothing of it is durable, so nothing may leave.
		leader.holdWrites = true;
		for (const length of [300, 1]) while (log.proposeReserved(ENTRY_COMMAND, 1, new Uint8Array(length), 0, length, 1));
		const { lastIndex } = log;
		assert.equal(asked(leader, quieter), LOG_FULL);
		// Those who vote are asked first, and the answer comes when they have answered.
		assert.equal(asked(leader, configurationOf(["1", "2"], leader.raft.configuration)), DONE);
		hearVoters(leader.raft);
		assert.ok(leader.raft.takeAnswer());
		assert.deepEqual([leader.raft.answer.call, leader.raft.answer.reason], [77, LOG_FULL]);
		assert.deepEqual([log.lastIndex, leader.raft.configuration.index], [lastIndex, 0]);
	});
});

describe("places", () => {
	it("end", () => {
		const places = new Places(2);
		assert.deepEqual([places.take(1, 1), places.take(2, 1), places.take(3, 1)], [0, 1, NOBODY]);
	});

	it("keep a vote spent when who had it makes room for another stranger", () => {
		const world = led();
		const { raft } = world.member(2);
		raft.setTime(world.cluster.nowMs + 5000);
		const first = meet(raft, VOTE_REQUEST, 8, 1);
		world.cluster.nowMs += 5000;
		raft.votedFor = first;
		assert.equal(meet(raft, VOTE_REQUEST, 9, 1), first);
		assert.equal(raft.votedFor, raft.self);
		assert.equal(meet(raft, READ_INDEX_REQUEST, 7, 1), NOBODY, "a question is no reason to be heard");
	});
});

describe("reads at a follower", () => {
	it("go on when the tokens begin anew", () => {
		const world = led();
		const { raft } = world.member(2);
		(raft.followerReads as unknown as { token: number }).token = INDEX_MAX;
		assert.equal(
			world.cluster.call(world.member(2), 5, () => readHere(raft, 5)),
			DONE,
		);
		world.cluster.work(world.member(2));
		const [question] = world.cluster.network;
		assert.deepEqual([question.kind, question.fields[2]], [READ_INDEX_REQUEST, 0]);
		const answers = world.settle().filter(({ kind }) => kind === READ_INDEX_RESPONSE);
		assert.deepEqual(
			answers.map(({ fields }) => fields[2]),
			[0],
		);
		assert.equal(world.answers.length, 1);
	});
});

describe("a rest", () => {
	const numbers = { quietAfterMs: 300 };

	/** All rest. */
	function resting(): World {
		const world = led(numbers);
		for (let i = 0; i < 20; i++) world.heartbeat(1);
		assert.ok(world.cluster.members.every(({ raft }) => raft.isQuiet));
		return world;
	}

	it("is taken once, however often its datagrams come", () => {
		const world = resting();
		const [leader, follower] = [world.member(1).raft, world.member(2).raft];
		const { answeredRound } = follower;
		world.packet(QUIET_REQUEST, 1, 2, [1, follower.log.lastIndex, answeredRound]);
		assert.ok(follower.isQuiet);
		assert.equal(world.settle()[0].kind, QUIET_RESPONSE);
		assert.ok(leader.isQuiet);
		assert.equal(leader.role, LEADER);
	});

	it("is refused by a follower that waits for a read index", () => {
		const world = led(numbers);
		const { raft } = world.member(2);
		assert.equal(
			world.cluster.call(world.member(2), 5, () => readHere(raft, 5)),
			DONE,
		);
		world.packet(QUIET_REQUEST, 1, 2, [1, 1, raft.answeredRound]);
		assert.ok(!raft.isQuiet);
	});
});
