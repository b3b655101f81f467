/*
 * The native twin of platform/node/gate.ts, whose comments are the documentation: what a driver does
 * with a datagram before the node is woken. The same tests hold both equal.
 */
#ifndef BALSA_GATE_H
#define BALSA_GATE_H

#include <stdint.h>
#include <string.h>

#include "crc32c.h"

enum {
	GATE_KNOWN = 0,
	GATE_STRANGER = 1,
	GATE_CROWD = 2,
	/* Reasons of core/wire/drops.ts. */
	GATE_SHORT = -1,
	GATE_LONG = -2,
	GATE_VERSION = -3,
	GATE_KEY = -4,
	GATE_CLUSTER = -5,
	GATE_TAG = -8,
};
enum {
	GATE_REASONS = 12,
	GATE_HEAD_BYTES = 10,
	GATE_TAG_BYTES = 4,
	GATE_DATAGRAM_BYTES = 1472,
	/* The client's head, and those of all the places that a profile can have. */
	GATE_HEADS_MAX = 20,
	GATE_STRANGERS_BURST = 8,
	GATE_STRANGER_MS = 20,
	/* A flag of the first byte: the frame carries a HELLO. */
	GATE_HELLO = 2,
};
#define GATE_RESIDUE 0x48674bc7u

struct Gate {
	uint32_t seed;
	uint32_t memberSeed;
	uint32_t heads; /* 0: all pass */
	uint32_t strangers; /* that may still pass */
	uint32_t strangersMs; /* when they were counted last */
	uint8_t head[GATE_HEADS_MAX * GATE_HEAD_BYTES];
};

/* Returns 0 when the driver has no room for so many heads; then all pass. */
static inline int gateHear(struct Gate *gate, const uint8_t *heads, uint32_t bytes, uint32_t seed,
	uint32_t memberSeed)
{
	gate->heads = 0;
	if (bytes > sizeof gate->head || bytes % GATE_HEAD_BYTES != 0)
		return 0;
	memcpy(gate->head, heads, bytes);
	gate->seed = seed;
	gate->memberSeed = memberSeed;
	gate->heads = bytes / GATE_HEAD_BYTES;
	return 1;
}

/* What the length and the first GATE_HEAD_BYTES alone say: 0, or a reason to drop it. */
static inline int gateHead(const struct Gate *gate, const uint8_t *head, uint32_t length)
{
	if (length <= GATE_HEAD_BYTES + GATE_TAG_BYTES)
		return GATE_SHORT;
	if (length > GATE_DATAGRAM_BYTES)
		return GATE_LONG;
	if (head[0] >> 4 != 1 || (head[0] & 15) > 3)
		return GATE_VERSION;
	if (head[4] == 0 && (head[0] & GATE_HELLO) != 0)
		return GATE_VERSION;
	if ((head[0] & ~GATE_HELLO) != gate->head[0] || head[1] != gate->head[1])
		return GATE_KEY;
	if (head[2] != gate->head[2] || head[3] != gate->head[3])
		return GATE_CLUSTER;
	return 0;
}

/* The register that a CRC over the datagram's bytes begins with, for crcUpdate. */
static inline uint32_t gateCrc(const struct Gate *gate, const uint8_t *head)
{
	return ~(head[4] == 0 || (head[0] & GATE_HELLO) != 0 ? gate->seed : gate->memberSeed);
}

static inline int gateTagIsGood(uint32_t crc)
{
	return ~crc == GATE_RESIDUE;
}

static inline int gateIsKnown(const struct Gate *gate, const uint8_t *head)
{
	static const uint8_t nobody[2];
	uint32_t slot;

	for (slot = 0; slot < gate->heads; slot++)
		if (memcmp(head + 1, gate->head + slot * GATE_HEAD_BYTES + 1, GATE_HEAD_BYTES - 1) == 0)
			return 1;
	return memcmp(head + 1, gate->head + 1, 7) == 0 && memcmp(head + 8, nobody, 2) == 0;
}

/*
 * What becomes of a datagram whose head is good and over all of whose bytes the CRC register is `crc`.
 * `milliseconds` may wrap.
 */
static inline int gateJudge(struct Gate *gate, const uint8_t *head, uint32_t crc, uint32_t milliseconds)
{
	uint32_t more;

	if (!gateTagIsGood(crc))
		return GATE_TAG;
	if (gateIsKnown(gate, head))
		return GATE_KNOWN;
	more = (milliseconds - gate->strangersMs) / GATE_STRANGER_MS;
	if (more > GATE_STRANGERS_BURST - gate->strangers) {
		gate->strangers = GATE_STRANGERS_BURST;
		gate->strangersMs = milliseconds;
	} else {
		gate->strangers += more;
		gate->strangersMs += more * GATE_STRANGER_MS;
	}
	if (gate->strangers == 0)
		return GATE_CROWD;
	gate->strangers--;
	return GATE_STRANGER;
}

#endif
