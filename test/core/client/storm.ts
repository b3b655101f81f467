/**
 * A client in a storm that is the same on every engine: members that answer by the throw of a die,
 * a network that loses, doubles and delays. It runs on V8 and inside XS, and must leave the same
 * bytes behind. Like the client, it takes no memory after its constructor.
 */
import { crc32c } from "../../../core/bytes";
import { Client } from "../../../core/client/client";
import { Jitter } from "../../../core/client/timing";
import { DATAGRAM_BYTES } from "../../../core/limits";
import {
	BUSY,
	CONFLICT,
	DONE,
	KEY_NOT_FOUND,
	NO_LEADER,
	NOT_LEADER,
	RECOVERING,
	SESSION_EXPIRED,
} from "../../../core/reasons";
import { Codec } from "../../../core/wire/codec";
import { ACCEPTED } from "../../../core/wire/drops";
import { Frame } from "../../../core/wire/frame";
import {
	ClientMessage,
	OPERATION_REGISTER,
	OPERATION_STATUS,
	REQUEST,
	REQUEST_OPERATION,
	RESPONSE,
	RESPONSE_COLUMNS,
	RESPONSE_LEADER,
	RESPONSE_REASON,
	RESPONSE_REVISION,
	RESPONSE_SESSION,
	RESPONSE_TERM,
	STATUS_RESPONSE,
	writeResponse,
} from "../../../core/wire/requests";

const MEMBERS = 5;
const IN_FLIGHT = 16;
const STEP_MS = 37;
const FREE = -1;
const CLIENT_PLACE = -1;
/** What a member that does not do as it is asked says. */
const REFUSALS: readonly number[] = Object.freeze([
	NOT_LEADER,
	NOT_LEADER,
	NO_LEADER,
	BUSY,
	RECOVERING,
	CONFLICT,
	KEY_NOT_FOUND,
	SESSION_EXPIRED,
]);

/** What `Storm.run(STEPS)` must have left, on every engine. */
export const STEPS = 4000;
export const STORM_DIGEST = 2309623408;
export const STORM_ANSWERS = 694;

export class Storm {
	/** CRC-32C of every datagram sent and every answer, in their order. */
	digest = 0;
	begun = 0;
	answers = 0;
	readonly client: Client;
	private readonly frames: Frame[] = [];
	private readonly codec = new Codec();
	private readonly message = new ClientMessage();
	private readonly die = new Jitter(7);
	private readonly bytes = new Uint8Array(300);
	private readonly row = new Float64Array(8);
	private readonly rowBytes: Uint8Array;
	private readonly replies: Uint8Array[] = [];
	private readonly lengths = new Float64Array(IN_FLIGHT);
	private readonly dueMs = new Float64Array(IN_FLIGHT);
	private nowMs = 0;

	constructor() {
		this.client = new Client({ members: MEMBERS, writes: 4, reads: 4, requestBytes: 640 }, 1, 2, 3, 4, 5);
		this.rowBytes = new Uint8Array(this.row.buffer);
		for (let i = 0; i < this.bytes.length; i++) this.bytes[i] = i;
		for (let id = 1; id <= MEMBERS; id++) {
			this.client.members.set(id, 0x0a000000 + id, id);
			this.frames.push(new Frame(1, 2, id, 1, MEMBERS));
		}
		for (let i = 0; i < IN_FLIGHT; i++) this.replies.push(new Uint8Array(DATAGRAM_BYTES));
		this.dueMs.fill(FREE);
	}

	run(steps: number): void {
		for (let i = 0; i < steps; i++) this.step();
	}

	private step(): void {
		const { client, dueMs } = this;
		this.nowMs += STEP_MS;
		client.tick(this.nowMs);
		this.drain();
		for (let i = 0; i < IN_FLIGHT; i++) {
			if (dueMs[i] === FREE || dueMs[i] > this.nowMs) continue;
			client.receive(this.replies[i], this.lengths[i]);
			this.drain();
			// Now and then a second copy comes.
			dueMs[i] = this.die.below(5) === 0 ? this.nowMs + this.die.below(500) : FREE;
		}
		if (this.die.below(4) !== 0) return;
		if (this.begin(this.die.below(9)) === DONE) this.begun++;
		this.drain();
	}

	private begin(verb: number): number {
		const { client, bytes } = this;
		const call = this.begun;
		const length = 1 + this.die.below(20);
		if (verb < 3) return client.put(call, bytes, 3, length, bytes, 9, this.die.below(280));
		if (verb === 3) return client.delete(call, bytes, 3, length);
		if (verb === 4) return client.compareAndPut(call, this.die.below(60000), bytes, 3, length, bytes, 9, 5);
		if (verb === 5) return client.range(call, length, bytes, 3, length, bytes, 0, 0);
		if (verb === 6) return client.status(call, 1 + this.die.below(MEMBERS));
		if (verb === 7 && length < 5) return client.close(call);
		return client.get(call, bytes, 3, length);
	}

	private drain(): void {
		const { client } = this;
		while (client.nextDatagram()) {
			this.digest = crc32c(this.digest, client.datagram, 0, client.datagramLength);
			if (this.die.below(5) !== 0) this.reply(client.sendPort);
		}
		for (let call = client.nextAnswer(); call !== null; call = client.nextAnswer()) {
			this.answers++;
			this.row[0] = call.call;
			this.row[1] = call.reason;
			this.row[2] = call.revision;
			this.row[3] = call.session;
			this.row[4] = call.attempts;
			this.row[5] = call.member;
			this.row[6] = this.nowMs;
			this.row[7] = client.lateAnswers;
			this.digest = crc32c(this.digest, this.rowBytes, 0, this.rowBytes.length);
		}
	}

	/** Makes the answer of the member that the client's datagram is for, if there is room for it in the network. */
	private reply(id: number): void {
		const slot = this.dueMs.indexOf(FREE);
		const { client, message, codec } = this;
		const frame = this.frames[id - 1];
		if (slot < 0 || frame.check(client.datagram, client.datagramLength) !== ACCEPTED) return;
		if (codec.decodeRequest(client.datagram, frame.bodyEnd, message) !== REQUEST) return;
		const fields = message.fields;
		const operation = fields[REQUEST_OPERATION];
		for (let column = REQUEST_OPERATION; column < RESPONSE_COLUMNS; column++) fields[column] = 0;
		fields[0] = operation === OPERATION_STATUS ? STATUS_RESPONSE : RESPONSE;
		fields[RESPONSE_REASON] = this.die.below(3) === 0 ? REFUSALS[this.die.below(REFUSALS.length)] : DONE;
		fields[RESPONSE_LEADER] = this.die.below(MEMBERS + 2);
		fields[RESPONSE_TERM] = 1 + Math.floor(this.nowMs / 20000);
		fields[RESPONSE_REVISION] = this.answers;
		fields[RESPONSE_SESSION] = operation === OPERATION_REGISTER ? 1 + this.answers : 0;
		const target = this.replies[slot];
		frame.begin(target, CLIENT_PLACE);
		const end = writeResponse(codec, target, message, this.bytes, 0, this.die.below(200));
		this.lengths[slot] = frame.seal(target, end);
		this.dueMs[slot] = this.nowMs + this.die.below(this.die.below(4) === 0 ? 900 : 60);
	}
}
