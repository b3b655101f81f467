/** What a client sends and hears: calls become datagrams, datagrams become responses, in buffers made once. */
import { assert } from "../assert";
import { Command, REGISTER } from "../command";
import { APPEND_OVERHEAD_BYTES, DATAGRAM_BYTES } from "../limits";
import { Codec } from "../wire/codec";
import { ACCEPTED, DROP_RECEIVER } from "../wire/drops";
import { CLIENT_ID, Frame } from "../wire/frame";
import {
	ClientMessage,
	NONCE_HIGH,
	NONCE_LOW,
	OPERATION_REGISTER,
	OPERATION_STATUS,
	OPERATION_WRITE,
	READ_REQUEST_REVISION,
	REQUEST,
	REQUEST_BYTES,
	REQUEST_LIMIT,
	REQUEST_NUMBER,
	REQUEST_OPERATION,
	requestKind,
	writeRequest,
} from "../wire/requests";
import type { Call } from "./call";
import { COMMAND_OVERHEAD_BYTES } from "./limits";
import type { Session } from "./session";

export class Datagrams {
	/** The datagram to send; `write` says its length. */
	readonly datagram = new Uint8Array(DATAGRAM_BYTES);
	/** What `read` found last. */
	readonly response = new ClientMessage();
	/** The frame, with its count of dropped datagrams. */
	readonly frame: Frame;
	private readonly codec = new Codec();
	private readonly request = new ClientMessage();
	private readonly command = new Command();
	private readonly commandBytes: Uint8Array;
	private readonly nonceHigh: number;
	private readonly nonceLow: number;
	/** True when it speaks to nodes that were never formatted: they have cluster 0 and no id. */
	private readonly isClusterless: boolean;

	constructor(clusterHigh: number, clusterLow: number, nonceHigh: number, nonceLow: number, requestBytes: number) {
		assert(
			APPEND_OVERHEAD_BYTES + COMMAND_OVERHEAD_BYTES + requestBytes <= DATAGRAM_BYTES,
			"the largest request does not fit a datagram",
		);
		this.frame = new Frame(clusterHigh, clusterLow, CLIENT_ID, 0, 0);
		this.commandBytes = new Uint8Array(COMMAND_OVERHEAD_BYTES + requestBytes);
		this.nonceHigh = nonceHigh;
		this.nonceLow = nonceLow;
		this.isClusterless = clusterHigh === 0 && clusterLow === 0;
	}

	/**
	 * Writes the call's datagram: the same bytes in every attempt, but for the receiver and the bytes of a page.
	 * @param receiver id of the member that is asked, in whatever life it is
	 * @param pageBytes of the answer at most, 0 where it is as long as it is
	 * @returns the length of the datagram in bytes
	 */
	write(call: Call, session: Session, receiver: number, pageBytes: number): number {
		this.frame.beginTo(this.datagram, this.isClusterless ? CLIENT_ID : receiver, 0);
		const request = this.request;
		request.fields[0] = requestKind(call.operation);
		request.fields[NONCE_HIGH] = this.nonceHigh;
		request.fields[NONCE_LOW] = this.nonceLow;
		request.fields[REQUEST_NUMBER] = call.request;
		request.fields[REQUEST_OPERATION] = call.operation;
		request.fields[REQUEST_LIMIT] = call.limit;
		request.fields[REQUEST_BYTES] = pageBytes;
		request.fields[READ_REQUEST_REVISION] = call.notBefore;
		const isCommand = call.operation === OPERATION_REGISTER || call.operation === OPERATION_WRITE;
		const first = isCommand ? this.commandBytes : call.bytes;
		const firstLength = isCommand ? this.writeCommand(call, session) : call.firstLength;
		const secondLength = isCommand ? 0 : call.secondLength;
		const end = writeRequest(
			this.codec,
			this.datagram,
			request,
			first,
			0,
			firstLength,
			call.bytes,
			call.firstLength,
			secondLength,
		);
		assert(end >= 0, "a request does not fit its datagram");
		return this.frame.seal(this.datagram, end);
	}

	/** Writes a question for a member's status, under the number of a call that it leaves unanswered. @returns its bytes */
	writeStatus(call: Call, receiver: number): number {
		const { datagram, request } = this;
		const fields = request.fields;
		this.frame.beginTo(datagram, this.isClusterless ? CLIENT_ID : receiver, 0);
		fields[0] = REQUEST;
		fields[NONCE_HIGH] = this.nonceHigh;
		fields[NONCE_LOW] = this.nonceLow;
		fields[REQUEST_NUMBER] = call.request;
		fields[REQUEST_OPERATION] = OPERATION_STATUS;
		fields[REQUEST_LIMIT] = 0;
		fields[REQUEST_BYTES] = 0;
		const end = writeRequest(this.codec, datagram, request, call.bytes, 0, 0, call.bytes, 0, 0);
		return this.frame.seal(datagram, end);
	}

	/** Writes the command of a write, or the registration that it needs first. @returns its length in bytes */
	private writeCommand(call: Call, session: Session): number {
		const command = this.command;
		command.operation = call.operation === OPERATION_REGISTER ? REGISTER : call.command;
		command.nonceHigh = this.nonceHigh;
		command.nonceLow = session.nonceLow;
		command.session = call.session;
		command.sequence = call.sequence;
		command.expected = call.expected;
		command.keyOffset = 0;
		command.keyLength = call.firstLength;
		command.valueOffset = call.firstLength;
		command.valueLength = call.secondLength;
		const length = command.write(this.commandBytes, 0, this.commandBytes.length, call.bytes, call.bytes);
		assert(length >= 0, "a command does not fit its buffer");
		return length;
	}

	/**
	 * Reads `bytes[0, length)` into `response`, and the sender's id into `frame.sender`.
	 * @returns RESPONSE, STATUS_RESPONSE, or the reason of the drop, which is then counted
	 */
	read(bytes: Uint8Array, length: number): number {
		const checked = this.frame.check(bytes, length);
		if (checked !== ACCEPTED) return checked;
		const kind = this.codec.decodeResponse(bytes, this.frame.bodyEnd, this.response);
		if (kind < 0) return this.frame.drop(kind);
		const fields = this.response.fields;
		if (fields[NONCE_HIGH] !== this.nonceHigh || fields[NONCE_LOW] !== this.nonceLow)
			return this.frame.drop(DROP_RECEIVER);
		return kind;
	}
}
