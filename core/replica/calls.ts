/**
 * The calls of clients that are under way at this node: who asked, and where the answer goes.
 * A call is a slot number; the consensus core carries it and gives it back exactly once.
 */
import { assert } from "../assert";
import { copy } from "../bytes";

/** Says that there is no such call, or no room for one. */
export const NO_CALL = -1;

/** A call that a client sent in a datagram. */
export const ORIGIN_CLIENT = 1;
/** A call of the application on this node itself; its answer is left in `Replica.local`. */
export const ORIGIN_LOCAL = 2;

const FREE = 0;

export class Calls {
	readonly origins: Uint8Array;
	readonly operations: Uint8Array;
	readonly nonceHigh: Uint32Array;
	readonly nonceLow: Uint32Array;
	readonly requests: Uint32Array;
	readonly addresses: Uint32Array;
	readonly ports: Uint16Array;
	readonly limits: Uint16Array;
	/** Of a read: most bytes of its page, 0 for as many as fit. */
	readonly pageBytes: Uint16Array;
	/** The two byte strings of a read, kept until it may be served. */
	readonly bytes: Uint8Array;
	private readonly bytesEach: number;
	readonly firstLengths: Uint16Array;
	readonly secondLengths: Uint16Array;
	/** One number for each slot that finds a repeated request with one native search; FREE when unused. */
	private readonly keys: Float64Array;
	/** Free slots: those below `reads` keep the keys of a read. */
	private readonly free: Uint16Array;
	private readonly reads: number;
	private freeReads: number;
	private freeWrites: number;

	/**
	 * @param writes and reads most calls of each kind under way at once
	 * @param keyBytes most bytes of a key; where a range goes on is one byte longer
	 */
	constructor(writes: number, reads: number, keyBytes: number) {
		const capacity = writes + reads;
		this.origins = new Uint8Array(capacity);
		this.operations = new Uint8Array(capacity);
		this.nonceHigh = new Uint32Array(capacity);
		this.nonceLow = new Uint32Array(capacity);
		this.requests = new Uint32Array(capacity);
		this.addresses = new Uint32Array(capacity);
		this.ports = new Uint16Array(capacity);
		this.limits = new Uint16Array(capacity);
		this.pageBytes = new Uint16Array(capacity);
		this.bytesEach = 2 * (keyBytes + 1);
		this.bytes = new Uint8Array(reads * this.bytesEach);
		this.firstLengths = new Uint16Array(reads);
		this.secondLengths = new Uint16Array(reads);
		this.keys = new Float64Array(capacity);
		this.free = new Uint16Array(capacity);
		for (let i = 0; i < capacity; i++) this.free[i] = i;
		this.reads = reads;
		this.freeReads = reads;
		this.freeWrites = writes;
	}

	/** Calls under way. */
	get count(): number {
		return this.free.length - this.freeReads - this.freeWrites;
	}

	/** @returns where the first byte string of a read begins in `bytes`; the second follows it */
	bytesAt(call: number): number {
		return call * this.bytesEach;
	}

	/** @returns the call that a repeated datagram belongs to, or NO_CALL */
	find(nonceHigh: number, nonceLow: number, request: number): number {
		const key = keyOf(nonceLow, request);
		let call = this.keys.indexOf(key);
		while (call !== NO_CALL) {
			if (this.nonceHigh[call] === nonceHigh && this.nonceLow[call] === nonceLow && this.requests[call] === request) {
				return call;
			}
			call = this.keys.indexOf(key, call + 1);
		}
		return NO_CALL;
	}

	/** @returns a call of the application on this node, or NO_CALL when all are under way */
	openLocal(operation: number): number {
		const call = this.take(false);
		if (call === NO_CALL) return NO_CALL;
		this.origins[call] = ORIGIN_LOCAL;
		this.operations[call] = operation;
		return call;
	}

	/** @returns a free slot of its kind, or NO_CALL */
	private take(isRead: boolean): number {
		if (isRead) return this.freeReads === 0 ? NO_CALL : this.free[--this.freeReads];
		return this.freeWrites === 0 ? NO_CALL : this.free[this.reads + --this.freeWrites];
	}

	/** @returns a call of a client, or NO_CALL when all of its kind are under way */
	open(
		isRead: boolean,
		operation: number,
		nonceHigh: number,
		nonceLow: number,
		request: number,
		address: number,
		port: number,
	): number {
		const call = this.take(isRead);
		if (call === NO_CALL) return NO_CALL;
		this.origins[call] = ORIGIN_CLIENT;
		this.operations[call] = operation;
		this.nonceHigh[call] = nonceHigh;
		this.nonceLow[call] = nonceLow;
		this.requests[call] = request;
		this.addresses[call] = address;
		this.ports[call] = port;
		this.keys[call] = keyOf(nonceLow, request);
		return call;
	}

	/** Keeps the byte strings of a read: each at most the key limit. */
	keep(
		call: number,
		source: Uint8Array,
		firstOffset: number,
		firstLength: number,
		secondOffset: number,
		secondLength: number,
	): void {
		assert(firstLength + secondLength <= this.bytesEach, "a read's keys are over their limit");
		const at = this.bytesAt(call);
		copy(this.bytes, at, source, firstOffset, firstLength);
		copy(this.bytes, at + firstLength, source, secondOffset, secondLength);
		this.firstLengths[call] = firstLength;
		this.secondLengths[call] = secondLength;
	}

	/** Ends a call; its slot may be used again. */
	close(call: number): void {
		assert(this.origins[call] !== FREE, "a call was answered twice");
		this.origins[call] = FREE;
		this.keys[call] = FREE;
		if (call < this.reads) this.free[this.freeReads++] = call;
		else this.free[this.reads + this.freeWrites++] = call;
	}
}

/** 32 bits of the nonce and 21 of the request: an exact number, and never FREE. */
function keyOf(nonceLow: number, request: number): number {
	return nonceLow * 0x200000 + (request % 0x1fffff) + 1;
}
