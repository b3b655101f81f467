/**
 * Five bare Raft nodes joined by a queue, for V8 and XS alike: no codec, no disk, nothing random,
 * and nothing allocated once it stands. What they say to one another is summed up in a digest.
 */
import { assert } from "../../../core/assert";
import { copy, crc32c } from "../../../core/bytes";
import { Configuration, ROLE_VOTER } from "../../../core/configuration";
import { ENTRY_COMMAND } from "../../../core/entry";
import { DATAGRAM_BYTES, PROFILE_M } from "../../../core/limits";
import { APPEND_REQUEST, COLUMNS_MAX, Message } from "../../../core/raft/messages";
import { NO_SEND } from "../../../core/raft/outbox";
import { Raft } from "../../../core/raft/raft";
import { LEADER } from "../../../core/raft/role";
import { DONE } from "../../../core/reasons";
import { ConfigurationCodec } from "../../../core/wire/configuration";

const NODES = 5;
const QUEUE = 64;
const COMMAND_BYTES = 16;

export class Circle {
	messages = 0;
	answered = 0;
	/** CRC-32C of all rows that were sent. */
	digest = 0;
	private readonly nodes: Raft[] = [];
	private readonly message = new Message(new Uint8Array(DATAGRAM_BYTES));
	private readonly rows = new Float64Array(QUEUE * COLUMNS_MAX);
	private readonly rowBytes = new Uint8Array(this.rows.buffer);
	private readonly bytes = new Uint8Array(QUEUE * DATAGRAM_BYTES);
	private readonly lengths = new Uint32Array(QUEUE);
	private readonly senders = new Uint8Array(QUEUE);
	private readonly receivers = new Uint8Array(QUEUE);
	private readonly command = new Uint8Array(COMMAND_BYTES);
	private head = 0;
	private count = 0;
	private nowMs = 0;
	private call = 0;

	constructor() {
		const configuration = new Configuration(PROFILE_M.members);
		for (let id = 1; id <= NODES; id++) configuration.add(id, 1, ROLE_VOTER, 0, 0);
		const trace = { event: () => {} };
		for (let place = 0; place < NODES; place++) {
			const node = new Raft(PROFILE_M, configuration, place + 1, 1, 1234, new ConfigurationCodec(), trace);
			node.start(0);
			this.nodes.push(node);
		}
	}

	/** Time passes until there is a leader. @returns its place */
	elect(): number {
		for (;;) {
			this.pass(10);
			for (let place = 0; place < NODES; place++) if (this.nodes[place].role === LEADER) return place;
		}
	}

	/** All clocks go on, and all that comes of it happens. */
	pass(ms: number): void {
		this.nowMs += ms;
		for (let place = 0; place < NODES; place++) {
			this.nodes[place].tick(this.nowMs);
			this.work(place);
		}
		this.settle();
	}

	/** `depth` entries are proposed in one turn, committed and applied. */
	commit(leader: number, depth: number): void {
		const node = this.nodes[leader];
		for (let i = 0; i < depth; i++) {
			this.call++;
			this.command[0] = this.call % 256;
			assert(node.propose(ENTRY_COMMAND, this.command, 0, COMMAND_BYTES, this.call) === DONE, "not proposed");
		}
		this.work(leader);
		this.settle();
	}

	/** A linearizable read. */
	read(leader: number): void {
		this.call++;
		assert(this.nodes[leader].read(this.call) === DONE, "not read");
		this.work(leader);
		this.settle();
	}

	/** @returns true if all have applied as much */
	isLevel(): boolean {
		for (let place = 1; place < NODES; place++) {
			if (this.nodes[place].appliedIndex !== this.nodes[0].appliedIndex) return false;
		}
		return true;
	}

	private settle(): void {
		while (this.count > 0) {
			const slot = this.head;
			const message = this.message;
			const length = this.lengths[slot];
			for (let column = 0; column < COLUMNS_MAX; column++) {
				message.fields[column] = this.rows[slot * COLUMNS_MAX + column];
			}
			message.kind = message.fields[0];
			message.sender = this.senders[slot];
			message.offset = 40;
			message.length = length;
			if (length > 0) copy(message.bytes, 40, this.bytes, slot * DATAGRAM_BYTES, length);
			const receiver = this.receivers[slot];
			this.count--;
			if (++this.head === QUEUE) this.head = 0;
			this.nodes[receiver].receive(message);
			this.work(receiver);
		}
	}

	private work(place: number): void {
		const node = this.nodes[place];
		let moved = true;
		while (moved) {
			moved = false;
			for (let slot = node.takeSend(); slot !== NO_SEND; slot = node.takeSend()) this.send(node, slot);
			if (node.takeWrite()) {
				node.persisted(node.write.sequence, node.write.lastTerm, node.write.lastIndex);
				moved = true;
			}
			const last = node.applicableIndex();
			for (let index = node.appliedIndex + 1; index <= last; index++) {
				if (node.callAt(index) !== 0) this.answered++;
				node.applied(index);
			}
			while (node.takeAnswer()) if (node.answer.reason === DONE) this.answered++;
		}
	}

	private send(node: Raft, slot: number): void {
		const outbox = node.outbox;
		assert(this.count < QUEUE, "the queue is full");
		let to = this.head + this.count;
		if (to >= QUEUE) to -= QUEUE;
		this.count++;
		for (let column = 0; column < COLUMNS_MAX; column++) {
			this.rows[to * COLUMNS_MAX + column] = outbox.fields[slot * COLUMNS_MAX + column];
		}
		this.senders[to] = node.self;
		this.receivers[to] = outbox.receiver[slot];
		this.lengths[to] = 0;
		const first = outbox.firstIndex[slot];
		const last = outbox.lastIndex[slot];
		if (outbox.kind[slot] === APPEND_REQUEST && first <= last) {
			assert(first >= node.log.firstCached, "the entries are not in RAM");
			this.lengths[to] = node.log.copyRange(first, last, this.bytes, to * DATAGRAM_BYTES);
		}
		this.messages++;
		// The columns after those of the kind are what an earlier row left: two columns say enough.
		this.digest = crc32c(this.digest, this.rowBytes, to * COLUMNS_MAX * 8, 24);
		this.digest = crc32c(this.digest, this.bytes, to * DATAGRAM_BYTES, this.lengths[to]);
	}
}

/** What a run comes to, in numbers that must be equal on every engine. */
export const DIGEST_OF_RUN = 1203544062;

/** An election, entries alone and in batches, reads and heartbeats. */
export function run(circle: Circle, leader: number): void {
	for (let i = 0; i < 100; i++) circle.commit(leader, 1);
	for (let i = 0; i < 20; i++) circle.commit(leader, 16);
	for (let i = 0; i < 20; i++) circle.read(leader);
	for (let i = 0; i < 10; i++) circle.pass(150);
}
