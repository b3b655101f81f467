/*
 * A bounded queue of datagrams between two threads: the IP stack's puts, the script's takes. All
 * memory is one block of bytes given at the start, so that a flood costs what a quiet hour costs.
 *
 * One producer and one consumer need no lock: each counter is written by one side only, and is
 * published after the bytes that it covers. The counters run on and wrap at 2^32; the capacity is a
 * power of two, so their difference stays right.
 *
 * A record is 8 bytes (address, port, length, in the machine's order) and the payload, padded to 4.
 */
#ifndef BALSA_RING_H
#define BALSA_RING_H

#include <stdint.h>
#include <string.h>

#define RING_HEADER_BYTES 8U

struct Ring {
	uint8_t *bytes;
	uint32_t capacity; /* a power of two */
	uint32_t put;      /* bytes ever put: written by the producer alone */
	uint32_t taken;    /* bytes ever taken: written by the consumer alone */
};

struct RingDatagram {
	uint32_t address;
	uint16_t port;
	uint16_t length;
};

static inline void ringOpen(struct Ring *ring, uint8_t *bytes, uint32_t capacity)
{
	ring->bytes = bytes;
	ring->capacity = capacity;
	ring->put = 0;
	ring->taken = 0;
}

static inline uint32_t ringRecordBytes(uint16_t length)
{
	return RING_HEADER_BYTES + (((uint32_t)length + 3U) & ~3U);
}

/* Copies `length` bytes into the ring from the place that `at` counts, over its end if need be. */
static inline void ringWrite(struct Ring *ring, uint32_t at, const void *source, uint32_t length)
{
	uint32_t offset = at & (ring->capacity - 1U);
	uint32_t first = ring->capacity - offset;

	if (first > length)
		first = length;
	memcpy(ring->bytes + offset, source, first);
	if (length > first)
		memcpy(ring->bytes, (const uint8_t *)source + first, length - first);
}

static inline void ringRead(const struct Ring *ring, uint32_t at, void *target, uint32_t length)
{
	uint32_t offset = at & (ring->capacity - 1U);
	uint32_t first = ring->capacity - offset;

	if (first > length)
		first = length;
	memcpy(target, ring->bytes + offset, first);
	if (length > first)
		memcpy((uint8_t *)target + first, ring->bytes, length - first);
}

/* Producer: returns 1 when a datagram of `length` bytes has room now. */
static inline int ringHasRoom(const struct Ring *ring, uint16_t length)
{
	uint32_t used = ring->put - __atomic_load_n(&ring->taken, __ATOMIC_ACQUIRE);

	return ring->capacity - used >= ringRecordBytes(length);
}

/*
 * Producer: a datagram is put in three steps, because its payload may come in pieces: the header,
 * then each piece at its offset, then the publication. Only after `ringHasRoom` said 1.
 */
static inline void ringPutHeader(struct Ring *ring, const struct RingDatagram *datagram)
{
	ringWrite(ring, ring->put, &datagram->address, 4);
	ringWrite(ring, ring->put + 4U, &datagram->port, 2);
	ringWrite(ring, ring->put + 6U, &datagram->length, 2);
}

static inline void ringPutPiece(struct Ring *ring, uint32_t offset, const void *source, uint32_t length)
{
	ringWrite(ring, ring->put + RING_HEADER_BYTES + offset, source, length);
}

static inline void ringPublish(struct Ring *ring, uint16_t length)
{
	__atomic_store_n(&ring->put, ring->put + ringRecordBytes(length), __ATOMIC_RELEASE);
}

/*
 * Consumer: takes the oldest datagram. Returns 1 with its payload in `target`; 0 when the ring is
 * empty; -1 when it is longer than `size`: it is then dropped.
 */
static inline int ringTake(struct Ring *ring, struct RingDatagram *datagram, void *target, uint32_t size)
{
	uint32_t taken = ring->taken;
	int fits;

	if (__atomic_load_n(&ring->put, __ATOMIC_ACQUIRE) == taken)
		return 0;
	ringRead(ring, taken, &datagram->address, 4);
	ringRead(ring, taken + 4U, &datagram->port, 2);
	ringRead(ring, taken + 6U, &datagram->length, 2);
	fits = datagram->length <= size;
	if (fits)
		ringRead(ring, taken + RING_HEADER_BYTES, target, datagram->length);
	__atomic_store_n(&ring->taken, taken + ringRecordBytes(datagram->length), __ATOMIC_RELEASE);
	return fits ? 1 : -1;
}

#endif
