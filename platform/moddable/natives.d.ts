/** The natives of an ESP32, in C beside this file. None allocates on the XS heap. */

/** Milliseconds since boot, counting light sleep. */
export function milliseconds(): number;
/** An unsigned 32-bit number; true randomness once the radio runs. */
export function random32(): number;
/** Fills 6 bytes with the factory address of the Wi-Fi station. */
export function macAddress(target: Uint8Array): void;
/** Modem sleep off; after Wi-Fi was started. */
export function keepRadioAwake(): void;
export function restart(): void;

/** Bytes of slots and chunks of XS, in use and in all. */
export function heapUsedBytes(): number;
export function heapBytes(): number;

/** @returns false in a debug build, where the UART is the debugger's */
export function consoleOpen(): boolean;
/** @returns bytes that wait, copied to `target` from offset 0; does not wait itself */
export function consoleRead(target: Uint8Array): number;
/** @returns false when the output has no room for all of `text`; then nothing was written */
export function consoleWrite(text: string): boolean;
/** Waits at most 200 ms until the output has left. */
export function consoleFlush(): void;

/** @returns bytes of the data partition, 0 when there is none of that label */
export function partitionOpen(label: string): number;
export function partitionSectorSize(): number;
export function partitionRead(offset: number, target: Uint8Array, targetOffset: number, length: number): void;
export function partitionProgram(offset: number, source: Uint8Array, sourceOffset: number, length: number): void;
export function partitionErase(offset: number): void;

/** Opens the one socket; `onReadable` is called when datagrams wait, once for all of them. */
export function datagramOpen(port: number, onReadable: () => void): void;
/** From now on only what `Network.hear` of core/ports.ts says. */
export function datagramHear(heads: Uint8Array, seed: number, memberSeed: number): void;
/** @returns datagrams refused since boot. @param reason the negative of one of core/wire/drops.ts */
export function datagramRefused(reason: number): number;
/** @returns bytes of the next datagram, 0 for none; one longer than `buffer` is dropped */
export function datagramReceive(buffer: Uint8Array): number;
export function datagramAddress(): number;
export function datagramPort(): number;
export function datagramSend(address: number, port: number, buffer: Uint8Array, length: number): void;
/** Datagrams lost for want of room, memory or a route, since boot. */
export function datagramsDropped(): number;
