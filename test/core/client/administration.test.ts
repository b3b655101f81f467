/** The members page and its change, by the client that ships, at whole replicas. */
import { strict as assert } from "node:assert";
import { change, MembersPage, members, membersOfAny } from "../../../core/client/administration";
import { transfer } from "../../../core/client/node-calls";
import { Configuration, NOBODY, ROLE_LEARNER, ROLE_VOTER } from "../../../core/configuration";
import { PROFILE_M } from "../../../core/limits";
import {
	BAD_CONFIGURATION,
	BAD_REQUEST,
	CONFLICT,
	DONE,
	MEMBER_LIMIT,
	NOT_CAUGHT_UP,
	OUTCOME_UNKNOWN,
	UNREACHABLE,
} from "../../../core/reasons";
import { CALM } from "../../../sim/links";
import { PORT, type SimulatedNode, World } from "../../../sim/world";
import { configurationTextOf } from "../raft/configurations";
import { type SimulatedAnswer, SimulatedClient } from "./simulated-client";

const PLACES = 15;

class Cluster {
	readonly world: World;
	readonly client: SimulatedClient;

	constructor(nodes = 3) {
		this.world = new World({ seed: 5, nodes, limits: PROFILE_M, flashBytes: 512 * 1024, network: CALM });
		for (const node of this.world.nodes) this.world.boot(node);
		this.client = new SimulatedClient(this.world, 1, 5);
	}

	ask(verb: Parameters<SimulatedClient["call"]>[0], meanwhile?: () => void): SimulatedAnswer {
		let found: SimulatedAnswer | undefined;
		assert.ok(this.client.call(verb, (answer) => (found = answer)));
		meanwhile?.();
		assert.ok(
			this.world.runUntil(() => found !== undefined, this.world.nowMs + 20_000),
			"a call was not answered",
		);
		return found as unknown as SimulatedAnswer;
	}

	page(): MembersPage {
		const answer = this.ask(members);
		assert.equal(answer.reason, DONE);
		const page = new MembersPage(PLACES);
		assert.ok(page.read(answer.bytes, 0, answer.bytes.length));
		return page;
	}

	/** Asks for what `edit` makes of the page. */
	change(page: MembersPage, edit: (next: Configuration) => void, meanwhile?: () => void): SimulatedAnswer {
		const bytes = new Uint8Array(600);
		const next = new Configuration(PLACES);
		next.copyFrom(page.configuration);
		edit(next);
		const length = page.write(bytes, next);
		return this.ask((client, call) => change(client, call, bytes, 0, length), meanwhile);
	}

	join(): SimulatedNode {
		const board = this.world.join();
		this.world.boot(board);
		return board;
	}
}

const learner =
	({ id, incarnation, address }: SimulatedNode) =>
	(next: Configuration) =>
		next.add(id, incarnation, ROLE_LEARNER, address, PORT);

function without(configuration: Configuration, gone: SimulatedNode): Configuration {
	const { addresses, count, ids, incarnations, ports, roles } = configuration;
	const next = new Configuration(PLACES);
	for (let place = 0; place < count; place++)
		if (ids[place] !== gone.id) next.add(ids[place], incarnations[place], roles[place], addresses[place], ports[place]);
	next.copyNumbers(configuration);
	next.index = configuration.index;
	return next;
}

describe("client: the members and their change", () => {
	it("tells who they are, and takes a board in until it votes", () => {
		const cluster = new Cluster();
		const before = cluster.page();
		assert.equal(configurationTextOf(before.configuration), "{1,2,3}");
		assert.equal(before.configuration.index, 0);
		const board = cluster.join();
		const added = cluster.change(before, learner(board));
		assert.equal(added.reason, DONE);
		// The answer is the page.
		const page = new MembersPage(PLACES);
		assert.ok(page.read(added.bytes, 0, added.bytes.length));
		assert.ok(page.configuration.index > 0 && page.commitIndex >= page.configuration.index);
		assert.equal(page.configuration.roles[page.configuration.placeOf(board.id)], ROLE_LEARNER);
		const vote = (next: Configuration) => (next.roles[next.placeOf(board.id)] = ROLE_VOTER);
		assert.equal(cluster.change(page, vote).reason, NOT_CAUGHT_UP);
		cluster.world.run(cluster.world.nowMs + 3000);
		const later = cluster.page();
		assert.equal(later.matches[later.configuration.placeOf(board.id)], later.lastIndex);
		assert.equal(cluster.change(later, vote).reason, DONE);
		assert.equal(configurationTextOf(cluster.page().configuration), "{1,2,3,4}");
	});

	it("refuses a change of what is not in force any more, and one that no cluster may have", () => {
		const cluster = new Cluster();
		const before = cluster.page();
		const quiet = (next: Configuration) => (next.quietAfterMs = 1000);
		assert.equal(cluster.change(before, quiet).reason, DONE);
		assert.equal(cluster.page().configuration.quietAfterMs, 1000);
		assert.equal(cluster.change(before, quiet).reason, CONFLICT);
		assert.equal(cluster.change(cluster.page(), (next) => next.roles.fill(ROLE_LEARNER)).reason, BAD_CONFIGURATION);
		const nonsense = new Uint8Array([0x83, 1, 2]);
		assert.equal(cluster.ask((client, call) => change(client, call, nonsense, 0, 3)).reason, BAD_REQUEST);
	});

	it("does not know what came of a change whose leader lost its lead, and the next page says", () => {
		const cluster = new Cluster();
		const before = cluster.page();
		const leader = cluster.world.leader();
		assert.ok(leader !== undefined);
		for (const node of cluster.world.nodes) if (node !== leader) cluster.world.crash(node);
		const quiet = (next: Configuration) => (next.quietAfterMs = 1000);
		const answer = cluster.change(before, quiet);
		assert.equal(answer.reason, OUTCOME_UNKNOWN);
		for (const node of cluster.world.nodes) if (node !== leader) cluster.world.boot(node);
		const page = cluster.page();
		// Whichever it was, the same bytes may be asked for again.
		const again = cluster.change(before, quiet).reason;
		assert.ok(page.configuration.index === 0 ? again === DONE : again !== DONE, `${again}`);
		cluster.world.run(cluster.world.nowMs + 5000);
		assert.equal(cluster.page().configuration.quietAfterMs, 1000);
	});

	it("asks the next leader when the first is gone, and gives up where nobody answers", () => {
		const cluster = new Cluster();
		cluster.page();
		const leader = cluster.world.leader();
		assert.ok(leader !== undefined);
		cluster.world.crash(leader);
		assert.equal(configurationTextOf(cluster.page().configuration), "{1,2,3}");
		for (const node of cluster.world.nodes) if (node !== leader) cluster.world.crash(node);
		assert.equal(cluster.ask(members).reason, UNREACHABLE);
		const answer = cluster.change(new MembersPage(PLACES), () => {});
		assert.equal(answer.reason, OUTCOME_UNKNOWN);
	});

	it("hands over to anybody where the place of one who left is free", () => {
		const cluster = new Cluster(4);
		const leader = cluster.world.leader() ?? cluster.world.nodes[0];
		const gone = cluster.world.nodes.find((node) => node !== leader);
		assert.ok(gone !== undefined);
		const removed = cluster.change(cluster.page(), (next) => {
			next.copyFrom(without(next, gone));
		});
		assert.equal(removed.reason, DONE);
		const before = cluster.world.leader()?.id;
		assert.equal(cluster.ask((client, call) => transfer(client, call, 0)).reason, DONE);
		assert.notEqual(cluster.world.leader()?.id, before);
	});

	it("is told by any member where the others are, and by its name that there are too many", () => {
		const cluster = new Cluster(7);
		const page = cluster.page();
		for (let round = 0; round < 20; round++) {
			const answer = cluster.ask(membersOfAny);
			assert.equal(answer.reason, DONE);
			assert.ok(page.read(answer.bytes, 0, answer.bytes.length));
			assert.equal(configurationTextOf(page.configuration), "{1,2,3,4,5,6,7}");
		}
		assert.equal(cluster.change(cluster.page(), learner(cluster.join())).reason, MEMBER_LIMIT);
	});

	it("reads a page in its one encoding only, and no further than it goes", () => {
		const cluster = new Cluster();
		const answer = cluster.ask(members);
		const page = new MembersPage(PLACES);
		const length = answer.bytes.length;
		for (let short = 0; short < length; short++) assert.equal(page.read(answer.bytes, 0, short), false);
		assert.equal(page.read(Uint8Array.from([...answer.bytes, 0]), 0, length + 1), false);
		assert.equal(new MembersPage(2).read(answer.bytes, 0, length), false);
		assert.ok(page.read(answer.bytes, 0, length));
		assert.equal(page.configuration.placeAfter(NOBODY), 0);
		for (let at = 0; at < length; at++) {
			const broken = answer.bytes.slice();
			for (let value = 0; value < 256; value++) {
				broken[at] = value;
				page.read(broken, 0, length);
			}
		}
	});
});
