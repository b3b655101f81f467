/**
 * The node's end of the client protocol: decodes a request, answers a status, sends a response.
 * A node that does not run has this much and no more.
 */
import { NO_ROOM, writeIntegers } from "../bytes";
import { NOBODY } from "../configuration";
import { DATAGRAM_BYTES } from "../limits";
import type { Network } from "../ports";
import type { Codec } from "../wire/codec";
import type { Frame } from "../wire/frame";
import {
	ClientMessage,
	NONCE_HIGH,
	NONCE_LOW,
	OPERATION_PEERS,
	OPERATION_STATUS,
	REQUEST,
	REQUEST_NUMBER,
	REQUEST_OPERATION,
	STATUS_RESPONSE,
	writeResponse,
} from "../wire/requests";
import { PeerRows } from "./peer-rows";
import type { StatusRow } from "./status-row";

/** Bytes of a response besides its byte string, at their widest, with the frame. */
const RESPONSE_OVERHEAD_BYTES = 112;
/** Bytes of a page of a range, or of a status, that fit a response. */
export const PAGE_BYTES = DATAGRAM_BYTES - RESPONSE_OVERHEAD_BYTES;

export class Responder {
	/** The request that came in last, and the response that goes out. */
	readonly request = new ClientMessage();
	readonly response = new ClientMessage();
	/** Where a page or status is put together before its length is known. */
	readonly page = new Uint8Array(PAGE_BYTES);
	private readonly peers = new PeerRows();
	/** Sent since boot. */
	responses = 0;
	private readonly network: Network;
	private readonly frame: Frame;
	private readonly codec: Codec;
	private readonly status: StatusRow;
	private readonly buffer: Uint8Array;

	/** @param buffer of DATAGRAM_BYTES, shared with whoever else sends */
	constructor(network: Network, frame: Frame, codec: Codec, status: StatusRow, buffer: Uint8Array) {
		this.network = network;
		this.frame = frame;
		this.codec = codec;
		this.status = status;
		this.buffer = buffer;
	}

	/**
	 * Takes in a datagram of a client whose frame is good.
	 * @param end the offset after its body
	 * @returns true if it is a request that the caller must answer; a status, or what the node knows of its
	 * peers, is answered here, and what is no request is dropped
	 */
	receive(bytes: Uint8Array, end: number): boolean {
		const kind = this.codec.decodeRequest(bytes, end, this.request);
		if (kind < 0) {
			this.frame.drop(kind);
			return false;
		}
		const operation = this.request.fields[REQUEST_OPERATION];
		if (operation !== OPERATION_STATUS && operation !== OPERATION_PEERS) return true;
		if (kind === REQUEST) this.answerStatus(operation);
		return false;
	}

	private answerStatus(operation: number): void {
		const { page, peers, status } = this;
		this.echo(this.request);
		this.response.fields[0] = STATUS_RESPONSE;
		let end = 0;
		if (operation === OPERATION_STATUS) {
			status.fill();
			end = writeIntegers(page, 0, PAGE_BYTES, status.row, 0, status.count);
		} else if (status.member !== null) {
			peers.fill(status.member.raft);
			end = writeIntegers(page, 0, PAGE_BYTES, peers.row, 0, peers.count);
		}
		if (end === NO_ROOM) return;
		this.reply(this.network.sourceAddress, this.network.sourcePort, this.page, 0, end);
	}

	/** Addresses the response to the call of `request`. */
	echo(request: ClientMessage): void {
		const fields = this.response.fields;
		fields[NONCE_HIGH] = request.fields[NONCE_HIGH];
		fields[NONCE_LOW] = request.fields[NONCE_LOW];
		fields[REQUEST_NUMBER] = request.fields[REQUEST_NUMBER];
	}

	/** Sends `response` with a byte string. */
	reply(address: number, port: number, bytes: Uint8Array, offset: number, length: number): void {
		const end = writeResponse(this.codec, this.buffer, this.response, bytes, offset, length);
		if (end === NO_ROOM) return;
		this.responses++;
		this.frame.begin(this.buffer, NOBODY);
		this.network.send(address, port, this.buffer, this.frame.seal(this.buffer, end));
	}
}
