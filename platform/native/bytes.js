/*
 * The native twin of core/bytes.ts, whose comments are the documentation. On boards the build puts
 * this module in its place: esbuild by an alias, Moddable by mapping the name in the manifest.
 */
export function copy(target, targetOffset, source, sourceOffset, length) @ "xs_bytes_copy";
export function fill(target, offset, length, value) @ "xs_bytes_fill";
export function compare(a, aOffset, aLength, b, bOffset, bLength) @ "xs_bytes_compare";
export function isFilled(bytes, offset, length, value) @ "xs_bytes_isFilled";
export function crc32c(seed, bytes, offset, length) @ "xs_bytes_crc32c";
export function appendCrc32c(seed, target, offset, length) @ "xs_bytes_appendCrc32c";
export function hash(seed, bytes, offset, length) @ "xs_bytes_hash";
export function writeIntegers(target, offset, limit, values, from, count) @ "xs_bytes_writeIntegers";
export function readIntegers(source, offset, limit, values, to, count) @ "xs_bytes_readIntegers";
export function writeArray(target, offset, limit, values, from, count, strings, length) @ "xs_bytes_writeArray";
export function readArray(source, offset, limit, values, to, count, strings, widths, first) @ "xs_bytes_readArray";
export function readRecord(source, offset, limit, values, places, shapes) @ "xs_bytes_readRecord";

export const CRC32C_RESIDUE = 0x48674bc7;
export const NOT_CANONICAL = -1;
export const OUT_OF_RANGE = -2;
export const UNKNOWN_KIND = -3;
export const NO_ROOM = -1;
export const SHAPE_BYTES = 16;
