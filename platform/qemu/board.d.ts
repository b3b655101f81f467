/**
 * The drivers of the emulated board, as XS sees them (board.js binds them to C). None allocates.
 * The host program of `scripts/firmware` has them too, with flash in memory and without a network.
 */

/** Numbers for `counter`. */
export const SLOTS_USED: number;
export const CHUNK_BYTES_USED: number;
/** Slots taken since boot, freed ones included: never falls. */
export const SLOTS_ALLOCATED: number;
/** Chunk bytes taken since boot, freed ones included: never falls. */
export const CHUNK_BYTES_ALLOCATED: number;
/** Garbage collections since boot. */
export const COLLECTIONS: number;
export const SLOTS_PEAK: number;
export const CHUNK_BYTES_PEAK: number;
export const SLOTS_CAPACITY: number;
export const CHUNK_BYTES_CAPACITY: number;
/** Slots of the engine's stack that were ever in use; printing numbers uses the rest as scratch. */
export const STACK_PEAK: number;
export const STACK_CAPACITY: number;
/** Bytes of the machine stack that were ever in use. */
export const NATIVE_STACK_PEAK: number;
export const NATIVE_HEAP_USED: number;
/** Ethernet frames. */
export const FRAMES_RECEIVED: number;
export const FRAMES_SENT: number;
export const DATAGRAMS_RECEIVED: number;
export const DATAGRAMS_SENT: number;
/** The queue was full, or the datagram empty or longer than the buffer. */
export const DATAGRAMS_DROPPED_RECEIVING: number;
/** No room in the transmitter, or no route. */
export const DATAGRAMS_DROPPED_SENDING: number;

/** @returns the counter since boot */
export function counter(which: number): number;

/** Prints a line on the console. */
export function print(text: string): void;
/** Ends the emulator with this exit code (it must run with semihosting); a board without one restarts. */
export function exit(code: number): never;
/** Resets the chip: memory is lost, flash stays. */
export function restart(): never;

/**
 * Until the next restart nothing watches: for tests and benchmarks that run longer than the watchdog's
 * four seconds without a turn. Firmware never calls it.
 */
export function stopWatchdog(): void;

/** Milliseconds since boot, an integer, monotone, never wrapping. */
export function milliseconds(): number;
/** Microseconds since boot; with `-icount shift=0,sleep=off` thousands of instructions since boot. */
export function microseconds(): number;
/** @returns an unsigned 32-bit number, unpredictable as far as the board can: see board/entropy.c */
export function random32(): number;

/**
 * Sets the function that the event loop calls, once now and then whenever datagrams wait or the time
 * that the last call returned is over.
 * @param turn returns the milliseconds until it must be called again at the latest (60,000 at most)
 */
export function setTurn(turn: () => number): void;

/** Opens the board's one UDP socket; opening again moves it. */
export function datagramOpen(port: number): void;
/** From now on only what `Network.hear` of core/ports.ts says. */
export function datagramHear(heads: Uint8Array, seed: number, memberSeed: number): void;
/** @returns datagrams refused since boot. @param reason the negative of one of core/wire/drops.ts */
export function datagramRefused(reason: number): number;
/** @returns the length of the next datagram, now at the start of `target`, or 0 when there is none */
export function datagramReceive(target: Uint8Array): number;
/** IPv4 address of the datagram that was received last, as an unsigned 32-bit number. */
export function datagramAddress(): number;
export function datagramPort(): number;
/** Sends `source[0, length)`; what cannot be sent is counted and lost. */
export function datagramSend(address: number, port: number, source: Uint8Array, length: number): void;
/** Our own IPv4 address: 10.77.0.N, where N is the last byte of the MAC address. */
export function address(): number;

/** Bytes of Balsa's partition. */
export function flashSize(): number;
/** Each throws RangeError outside the partition; a program throws when it would raise a bit, with nothing written. */
export function flashRead(offset: number, target: Uint8Array, targetOffset: number, length: number): void;
export function flashProgram(offset: number, source: Uint8Array, sourceOffset: number, length: number): void;
/** Raises a sector of 4,096 bytes to 0xff. @param offset of its first byte */
export function flashErase(offset: number): void;
/** What a page program (700 at boot) and an erase (45 at boot) take from now on; 0 is no time at all. */
export function flashSetTimes(pageMicroseconds: number, eraseMilliseconds: number): void;
