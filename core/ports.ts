/**
 * What a platform must give. Everything above these six interfaces runs unchanged on a board, on
 * Node.js and in the simulator.
 */

/**
 * Datagrams of at most 1,472 bytes (an Ethernet frame less the IPv4 and UDP headers), never
 * fragmented. An address is an IPv4 address as an unsigned 32-bit number, most significant byte
 * first (10.77.0.1 is 0x0a4d0001); a port is 1 to 65535.
 */
export interface Network {
	/** Where the datagram came from that `receive` returned last. */
	sourceAddress: number;
	sourcePort: number;
	/**
	 * Takes the next datagram out of a bounded queue into `buffer` from offset 0.
	 * @returns its length in bytes, or 0 when there is none; one that is longer than the buffer or
	 * empty is dropped and counted by the driver
	 */
	receive(buffer: Uint8Array): number;
	/**
	 * Sends `buffer[0, length)`. A datagram that cannot be sent now is lost, as the network may
	 * lose any; the driver counts it and never throws.
	 */
	send(address: number, port: number, buffer: Uint8Array, length: number): void;
	/**
	 * Says what the node listens to, so that a driver may drop the rest before the node is woken, and hand
	 * over members and clients before strangers. The node checks what it gets all the same, so a driver
	 * may lack this; platform/node/gate.ts is the rule of those that have it.
	 * @param heads the first bytes of frames of clients and members, `BODY_OFFSET` bytes each, the client's
	 * first; the driver keeps a copy
	 * @param seed of the tags of clients, and of the frames of nodes that carry a HELLO
	 * @param memberSeed of the tags of all other frames of nodes
	 */
	hear?(heads: Uint8Array, seed: number, memberSeed: number): void;
	/** @returns datagrams that `hear` made the driver drop since boot. @param reason of core/wire/drops.ts */
	refused?(reason: number): number;
}

/**
 * NOR flash as it is: a program lets bits only fall, an erase raises a whole sector to 0xff.
 * Synchronous and slow. An offset is in bytes from the start of Balsa's own partition. A call
 * outside the partition, or a program that would raise a bit, is a mistake of ours: it throws.
 *
 * The power may fail in any call. When a call returns, its cells stand: they read the same until the next
 * call that changes them. The cells of a call that did not return may read as anything, at each read as
 * something else, until an erase of their sector returns. The caller reckons with that: it programs
 * a sector only if it was erased since the start (docs/decisions/0014-erases-that-were-cut-off.md).
 */
export interface Flash {
	/** Bytes in the partition, a multiple of `sectorSize`. */
	readonly size: number;
	/** Bytes raised by one erase. */
	readonly sectorSize: number;
	/** The longest that one call may take, in milliseconds; an erase is the longest. */
	readonly stallMsMax: number;
	read(offset: number, target: Uint8Array, targetOffset: number, length: number): void;
	program(offset: number, source: Uint8Array, sourceOffset: number, length: number): void;
	/** @param offset of the sector's first byte */
	erase(offset: number): void;
}

/**
 * Milliseconds since boot: monotone, never wrapping, counting sleep. Where it may have stood still, the
 * driver calls `Replica.paused` before the next turn.
 */
export interface Clock {
	milliseconds(): number;
}

/** Unpredictable bits, for nonces and for the seed of a node's own pseudo-random sequence. */
export interface Entropy {
	/** @returns an unsigned 32-bit number */
	random32(): number;
}

/** Numbered events for people and tests; a platform may keep, print or drop them. */
export interface Trace {
	/** @param event a number of `core/events.ts`, which says what `a`, `b` and `c` are */
	event(event: number, a: number, b: number, c: number): void;
}

/** Memory of the engine, for the status. Counters since boot never fall. */
export interface Gauges {
	/** @param which a GAUGE number @returns an unsigned integer, 0 where the platform does not know */
	gauge(which: number): number;
}

/** Bytes of both heaps of XS, in use and in all. */
export const GAUGE_HEAP_USED_BYTES = 0;
export const GAUGE_HEAP_BYTES = 1;
/** Taken since boot, freed ones included. */
export const GAUGE_SLOTS_ALLOCATED = 2;
export const GAUGE_CHUNK_BYTES_ALLOCATED = 3;
/** Garbage collections since boot. */
export const GAUGE_COLLECTIONS = 4;
