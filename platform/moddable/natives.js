/*
 * The natives of an ESP32; natives.d.ts says what each takes and gives. Bound by name to the C
 * files beside it.
 */
export function milliseconds() @ "xs_balsa_milliseconds";
export function random32() @ "xs_balsa_random32";
export function macAddress(target) @ "xs_balsa_macAddress";
export function keepRadioAwake() @ "xs_balsa_keepRadioAwake";
export function restart() @ "xs_balsa_restart";

export function heapUsedBytes() @ "xs_balsa_heapUsedBytes";
export function heapBytes() @ "xs_balsa_heapBytes";

export function consoleOpen() @ "xs_balsa_consoleOpen";
export function consoleRead(target) @ "xs_balsa_consoleRead";
export function consoleWrite(text) @ "xs_balsa_consoleWrite";
export function consoleFlush() @ "xs_balsa_consoleFlush";

export function partitionOpen(label) @ "xs_balsa_partitionOpen";
export function partitionSectorSize() @ "xs_balsa_partitionSectorSize";
export function partitionRead(offset, target, targetOffset, length) @ "xs_balsa_partitionRead";
export function partitionProgram(offset, source, sourceOffset, length) @ "xs_balsa_partitionProgram";
export function partitionErase(offset) @ "xs_balsa_partitionErase";

export function datagramOpen(port, onReadable) @ "xs_balsa_datagramOpen";
export function datagramHear(heads, seed, memberSeed) @ "xs_balsa_datagramHear";
export function datagramRefused(reason) @ "xs_balsa_datagramRefused";
export function datagramReceive(buffer) @ "xs_balsa_datagramReceive";
export function datagramAddress() @ "xs_balsa_datagramAddress";
export function datagramPort() @ "xs_balsa_datagramPort";
export function datagramSend(address, port, buffer, length) @ "xs_balsa_datagramSend";
export function datagramsDropped() @ "xs_balsa_datagramsDropped";
