/** The handshake by itself: what a question and an answer teach, and what one datagram may cost. */
import assert from "node:assert/strict";
import { DATAGRAM_BYTES, limitsFingerprint, PROFILE_M } from "../../../core/limits";
import {
	HELLO,
	HELLO_ADDRESS_BYTES,
	HELLO_ANSWERS,
	HELLO_ASKS,
	HELLO_BOOT_EPOCH,
	HELLO_COLUMNS,
	HELLO_LAST_INDEX,
	HELLO_NONCE,
	HELLO_PURPOSE,
	Message,
	QUIET_RESPONSE,
} from "../../../core/raft/messages";
import { firstFingerprint } from "../../../core/replica/format";
import { Codec } from "../../../core/wire/codec";
import { BODY_OFFSET, Frame, HELLO_FLAG, TAG_BYTES } from "../../../core/wire/frame";
import { CALM } from "../../../sim/links";
import type { SimulatedNetwork } from "../../../sim/network";
import { BASE_ADDRESS, CLUSTER_HIGH, CLUSTER_LOW, PORT, type SimulatedNode, World } from "../../../sim/world";

/** Where no board is. */
const ELSEWHERE = BASE_ADDRESS + 200;
const codec = new Codec();
/** Fingerprint of what the nodes of `HelloWorld` were formatted with. */
let first = 0;

interface Sent {
	readonly to: number;
	readonly from: number;
	readonly fields: readonly number[];
	readonly addresses: readonly number[];
}

/** @returns a HELLO as it was sent, undefined for any other datagram */
function helloIn(from: number, to: number, bytes: Uint8Array): Sent | undefined {
	const buffer = new Uint8Array(DATAGRAM_BYTES);
	buffer.set(bytes);
	const message = new Message(buffer);
	if (codec.decodeMember(message, bytes.length - TAG_BYTES) !== HELLO) return undefined;
	const { length, offset } = message;
	const fields = [...message.fields.subarray(0, HELLO_COLUMNS)];
	return { from, to, fields, addresses: [...bytes.subarray(offset, offset + length)] };
}

/** @returns a datagram from one member to another, which somebody sends who is neither */
function datagram(kind: number, from: number, to: number, row: readonly number[], bytes: readonly number[] = []) {
	const fields = new DataView(new ArrayBuffer(8 * (row.length + 1)));
	for (const [column, integer] of [kind, ...row].entries()) fields.setFloat64(8 * column, integer, true);
	const buffer = new Uint8Array(DATAGRAM_BYTES);
	const at = codec.encode(buffer, kind, fields, 0, bytes.length);
	buffer.set(bytes, at);
	const frame = new Frame(CLUSTER_HIGH, CLUSTER_LOW, from, 1, PROFILE_M.members);
	frame.setShared(limitsFingerprint(PROFILE_M), first);
	frame.beginTo(buffer, to, 1);
	if (kind === HELLO) buffer[0] += HELLO_FLAG;
	return buffer.slice(0, frame.seal(buffer, at + bytes.length, kind === HELLO ? frame.seed : frame.memberSeed));
}

function hello(from: number, to: number, purpose: number, nonce: number, bytes: readonly number[] = []): Uint8Array {
	return datagram(HELLO, from, to, [0, nonce, purpose, 0, 0, limitsFingerprint(PROFILE_M), first], bytes);
}

/** Three nodes that follow one of them, and an end of the network that is none of them. */
class HelloWorld extends World {
	readonly sent: Sent[] = [];
	readonly stranger: SimulatedNetwork;
	leading: SimulatedNode;
	followers: SimulatedNode[];

	constructor(seed = 1) {
		super({ seed, nodes: 3, limits: PROFILE_M, flashBytes: 512 * 1024, network: CALM });
		first = firstFingerprint(this.configuration());
		for (const node of this.nodes) this.boot(node);
		assert.ok(this.runUntil(() => this.isFollowed(), 24_000));
		this.leading = this.leader() ?? this.nodes[0];
		this.followers = this.nodes.filter((node) => node !== this.leading);
		this.stranger = this.addStranger(ELSEWHERE, PORT, () => {});
		for (const { id, network } of this.nodes) {
			const { send } = network;
			network.send = (address, port, buffer, length) => {
				const found = helloIn(id, address, buffer.slice(0, length));
				if (found !== undefined) this.sent.push(found);
				send.call(network, address, port, buffer, length);
			};
		}
	}

	private isFollowed(): boolean {
		const leader = this.leader();
		return leader !== undefined && this.nodes.every((node) => node.replica?.member?.raft.leader !== -1);
	}

	wait(milliseconds: number): void {
		this.run(this.nowMs + milliseconds);
	}

	/** The stranger sends a datagram to a node. */
	throwAt(node: SimulatedNode, bytes: Uint8Array): void {
		this.stranger.send(node.address, PORT, bytes, bytes.length);
	}

	/** @returns where one node sends what is for another one */
	known(node: SimulatedNode, other: SimulatedNode): number {
		const member = node.replica?.member;
		assert.ok(member);
		return member.addresses.addresses[member.raft.places.find(other.id, 1)];
	}

	/** @returns the questions that a node has sent to an address */
	questions(node: SimulatedNode, to: number): Sent[] {
		const isOne = (each: Sent) => each.from === node.id && each.to === to && each.fields[HELLO_PURPOSE] === HELLO_ASKS;
		return this.sent.filter(isOne);
	}

	/** @returns the HELLOs that reached the stranger */
	heard(): Sent[] {
		const found: Sent[] = [];
		const buffer = new Uint8Array(DATAGRAM_BYTES);
		for (let length = this.stranger.receive(buffer); length > 0; length = this.stranger.receive(buffer)) {
			const one = helloIn(buffer[4], ELSEWHERE, buffer.slice(0, length));
			if (one !== undefined) found.push(one);
		}
		return found;
	}
}

describe("HELLO", () => {
	it("a datagram from another address is a reason to ask there, and moves nothing", () => {
		const world = new HelloWorld();
		const [one, other] = world.followers;
		world.throwAt(one, datagram(QUIET_RESPONSE, other.id, one.id, [0, 0]));
		world.wait(20);
		assert.equal(world.questions(one, ELSEWHERE).length, 1);
		assert.equal(world.known(one, other), other.address);
	});

	it("an answer that repeats the nonce moves the address; then the member's own answer moves it back", () => {
		const world = new HelloWorld();
		const [one, other] = world.followers;
		world.throwAt(one, datagram(QUIET_RESPONSE, other.id, one.id, [0, 0]));
		world.wait(20);
		const [{ fields }] = world.heard();
		world.throwAt(one, hello(other.id, one.id, HELLO_ANSWERS, fields[HELLO_NONCE]));
		world.wait(20);
		assert.equal(world.known(one, other), ELSEWHERE);
		// The same answer again is an answer to nothing.
		world.wait(200);
		world.router.move(other, other.home + 50);
		other.network.send(one.address, PORT, datagram(QUIET_RESPONSE, other.id, one.id, [0, 0]), 18);
		world.wait(300);
		assert.equal(world.known(one, other), other.address);
		world.throwAt(one, hello(other.id, one.id, HELLO_ANSWERS, fields[HELLO_NONCE]));
		world.wait(20);
		assert.equal(world.known(one, other), other.address);
	});

	it("an answer with another nonce teaches nothing", () => {
		const world = new HelloWorld();
		const [one, other] = world.followers;
		world.throwAt(one, datagram(QUIET_RESPONSE, other.id, one.id, [0, 0]));
		world.wait(20);
		const [{ fields }] = world.heard();
		world.throwAt(one, hello(other.id, one.id, HELLO_ANSWERS, (fields[HELLO_NONCE] + 1) % 0x100000000));
		world.wait(20);
		assert.equal(world.known(one, other), other.address);
	});

	it("an answer from another address than the one that was asked teaches nothing", () => {
		const world = new HelloWorld();
		const [one, other] = world.followers;
		const outside = world.addStranger(ELSEWHERE + 1, PORT, () => {});
		world.throwAt(one, datagram(QUIET_RESPONSE, other.id, one.id, [0, 0]));
		world.wait(20);
		const [{ fields }] = world.heard();
		const answer = hello(other.id, one.id, HELLO_ANSWERS, fields[HELLO_NONCE]);
		outside.send(one.address, PORT, answer, answer.length);
		world.wait(20);
		assert.equal(world.known(one, other), other.address);
	});

	it("answers with its boot epoch, its durable last index, and where it knows the others", () => {
		const world = new HelloWorld();
		const [one, other] = world.followers;
		world.throwAt(one, hello(other.id, one.id, HELLO_ASKS, 77));
		world.wait(20);
		const answer = world.heard().find(({ fields }) => fields[HELLO_PURPOSE] === HELLO_ANSWERS);
		assert.ok(answer);
		const journal = one.replica?.journal;
		assert.equal(answer.fields[HELLO_NONCE], 77);
		assert.equal(answer.fields[HELLO_BOOT_EPOCH], journal?.bootEpoch);
		assert.equal(answer.fields[HELLO_LAST_INDEX], journal?.lastIndex);
		// Neither the asker nor the one that answers is in the list.
		assert.equal(answer.addresses.length, HELLO_ADDRESS_BYTES);
		assert.deepEqual(answer.addresses, [world.leading.id, 0, 1, 10, 77, 0, world.leading.id, PORT >> 8, PORT & 255]);
	});

	it("a question for another member is answered by the node that gets it", () => {
		const world = new HelloWorld();
		const [one, other] = world.followers;
		world.throwAt(one, hello(other.id, world.leading.id, HELLO_ASKS, 78));
		world.wait(20);
		const answers = world.heard().filter(({ fields }) => fields[HELLO_PURPOSE] === HELLO_ANSWERS);
		assert.deepEqual(
			answers.map(({ from, fields }) => [from, fields[HELLO_NONCE]]),
			[[one.id, 78]],
		);
	});

	it("a question for another life of this node is answered, also to a node that no configuration here knows", () => {
		const world = new HelloWorld();
		const [one] = world.followers;
		const question = hello(9, 200, HELLO_ASKS, 79);
		world.throwAt(one, question);
		world.wait(20);
		const answers = world.heard().filter(({ fields }) => fields[HELLO_PURPOSE] === HELLO_ANSWERS);
		assert.deepEqual(
			answers.map(({ from, fields }) => [from, fields[HELLO_NONCE]]),
			[[one.id, 79]],
		);
	});

	it("asks where an answer says that another member is", () => {
		const world = new HelloWorld();
		const [one, other] = world.followers;
		world.throwAt(one, datagram(QUIET_RESPONSE, other.id, one.id, [0, 0]));
		world.wait(20);
		const [{ fields }] = world.heard();
		const there = [world.leading.id, 0, 1, 10, 77, 0, 99, PORT >> 8, PORT & 255];
		world.throwAt(one, hello(other.id, one.id, HELLO_ANSWERS, fields[HELLO_NONCE], there));
		world.wait(20);
		assert.equal(world.questions(one, BASE_ADDRESS + 99).length, 1);
		assert.equal(world.known(one, world.leading), world.leading.address);
	});

	it("a node that gets its own datagram back gives the receiver's address up, and asks at its own old one", () => {
		const world = new HelloWorld();
		const [one, other] = world.followers;
		// `one` has learned that `other` is elsewhere, and is dealt that address itself.
		world.throwAt(one, datagram(QUIET_RESPONSE, other.id, one.id, [0, 0]));
		world.wait(20);
		const [{ fields }] = world.heard();
		world.throwAt(one, hello(other.id, one.id, HELLO_ANSWERS, fields[HELLO_NONCE]));
		world.wait(20);
		assert.equal(world.known(one, other), ELSEWHERE);
		// The search at the start asked there.
		world.wait(2000);
		const before = world.questions(one, one.home).length;
		world.throwAt(one, datagram(QUIET_RESPONSE, one.id, other.id, [0, 0]));
		world.wait(20);
		assert.equal(world.known(one, other), other.home);
		assert.equal(world.questions(one, one.home).length, before + 1);
	});

	it("a datagram for another receiver whose tag is wrong is no reason to ask", () => {
		const world = new HelloWorld();
		const [one, other] = world.followers;
		const damaged = datagram(QUIET_RESPONSE, other.id, world.leading.id, [0, 0]);
		damaged[BODY_OFFSET + 2] ^= 1;
		world.throwAt(one, damaged);
		world.wait(20);
		assert.equal(world.questions(one, ELSEWHERE).length, 0);
		world.throwAt(one, datagram(QUIET_RESPONSE, other.id, world.leading.id, [0, 0]));
		world.wait(20);
		assert.equal(world.questions(one, ELSEWHERE).length, 1);
	});

	it("costs few datagrams, however many come from elsewhere", () => {
		const world = new HelloWorld();
		const [one, other] = world.followers;
		const recorded = datagram(QUIET_RESPONSE, other.id, one.id, [0, 0]);
		const overheard = datagram(QUIET_RESPONSE, other.id, world.leading.id, [0, 0]);
		const question = hello(other.id, one.id, HELLO_ASKS, 79);
		// 20 datagrams in each turn for a second.
		for (let turn = 0; turn < 100; turn++) {
			for (let i = 0; i < 10; i++) world.throwAt(one, i % 2 === 0 ? recorded : overheard);
			for (let i = 0; i < 30; i++) world.throwAt(one, question);
			world.wait(10);
		}
		assert.ok(
			world.questions(one, ELSEWHERE).length <= 2,
			"an endpoint is asked once in the shortest election timeout",
		);
		const answers = world.sent.filter(({ fields, from }) => from === one.id && fields[HELLO_PURPOSE] === HELLO_ANSWERS);
		assert.ok(answers.length <= 100 * 2 * 16, `${answers.length} answers to 3,000 questions`);
	});

	it("many addresses cost one question in a heartbeat for each member", () => {
		const world = new HelloWorld();
		const [one, other] = world.followers;
		const recorded = datagram(QUIET_RESPONSE, other.id, one.id, [0, 0]);
		const ends = Array.from({ length: 100 }, (_, i) => world.addStranger(ELSEWHERE + 10 + i, PORT, () => {}));
		for (let turn = 0; turn < 100; turn++) {
			for (const end of ends.slice(0, 40)) end.send(one.address, PORT, recorded, recorded.length);
			world.wait(10);
		}
		const asked = world.sent.filter(({ fields, from }) => from === one.id && fields[HELLO_PURPOSE] === HELLO_ASKS);
		assert.ok(asked.length <= 8, `${asked.length} questions in a second`);
	});

	it("recorded datagrams from three addresses do not hide where a member is now", () => {
		const world = new HelloWorld();
		const [one, other] = world.followers;
		const recorded = datagram(QUIET_RESPONSE, other.id, one.id, [0, 0]);
		const ends = [1, 2, 3].map((i) => world.addStranger(ELSEWHERE + i, PORT, () => {}));
		world.router.move(other, other.home + 50);
		for (let turn = 0; turn < 300 && world.known(one, other) !== other.address; turn++) {
			for (const end of ends) for (let i = 0; i < 5; i++) end.send(one.address, PORT, recorded, recorded.length);
			if (turn % 15 === 0) other.network.send(one.address, PORT, recorded, recorded.length);
			world.wait(10);
		}
		assert.equal(world.known(one, other), other.address);
	});

	it("is not answered by a node that was never formatted", () => {
		const world = new HelloWorld();
		const [one, other] = world.followers;
		world.crash(one);
		one.flash.wipe();
		world.boot(one);
		world.wait(200);
		world.throwAt(one, hello(other.id, one.id, HELLO_ASKS, 80));
		world.wait(20);
		assert.equal(world.heard().length, 0);
	});

	it("of a node that no configuration knows is answered, and teaches nothing", () => {
		const world = new HelloWorld();
		const [one] = world.followers;
		world.throwAt(one, hello(9, one.id, HELLO_ASKS, 81));
		world.wait(20);
		const answers = world.heard().filter(({ fields }) => fields[HELLO_PURPOSE] === HELLO_ANSWERS);
		assert.deepEqual(
			answers.map(({ fields }) => fields[HELLO_NONCE]),
			[81],
		);
		assert.equal(one.replica?.member?.addresses.moves, 0);
	});
});
