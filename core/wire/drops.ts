/**
 * Why a datagram was dropped. A datagram that fails a check changes nothing and is never answered:
 * it is counted under one of these. Numbers keep their meaning; checks are made in this order.
 */
/** What the checks return when nothing is wrong. */
export const ACCEPTED = 0;

/** Too short for a frame with a body. */
export const DROP_SHORT = -1;
/** Longer than any datagram of ours. */
export const DROP_LONG = -2;
/** Another version of the frame, or flags that this version does not know. */
export const DROP_VERSION = -3;
/** Secured by a key that this node has not, or not secured although it has one. */
export const DROP_KEY = -4;
/** Of another cluster. */
export const DROP_CLUSTER = -5;
/** For another node, or for another life of this one. */
export const DROP_RECEIVER = -6;
/** From a node that is no member, or from another life of one. */
export const DROP_SENDER = -7;
/** The tag contradicts the bytes: damaged, or forged. */
export const DROP_TAG = -8;
/** A kind of message that this version does not know, or that this sender may not send. */
export const DROP_KIND = -9;
/** Not the one deterministic encoding of its message, or bytes after it. */
export const DROP_CBOR = -10;
/** An integer that its field does not hold. */
export const DROP_RANGE = -11;

/** Reasons, and the unused 0: the length of an array that counts by `-reason`. */
export const DROP_COUNTERS = 12;

const NAMES = Object.freeze([
	"accepted",
	"short",
	"long",
	"version",
	"key",
	"cluster",
	"receiver",
	"sender",
	"tag",
	"kind",
	"cbor",
	"range",
]);

/** @returns the name that people see, for example `cluster` */
export function dropName(reason: number): string {
	return NAMES[-reason] ?? "unknown";
}
