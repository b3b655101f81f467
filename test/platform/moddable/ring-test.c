/*
 * The ring of platform/moddable/ring.h under two threads: every datagram that was put is taken once,
 * in order, with its bytes, although the ring is so small that it wraps all the time and is often full.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "ring.h"

#define CAPACITY 4096U
#define LONGEST 1472U

static struct Ring ring;
static uint8_t memory[CAPACITY];
static unsigned datagrams;
static atomic_uint refused;

static uint16_t lengthOf(unsigned number)
{
	return (uint16_t)(1U + (number * 2654435761U >> 8) % LONGEST);
}

static uint8_t byteOf(unsigned number, uint32_t place)
{
	return (uint8_t)(number * 31U + place);
}

static void *produce(void *nothing)
{
	static uint8_t payload[LONGEST];

	(void)nothing;
	for (unsigned number = 0; number < datagrams; number++) {
		struct RingDatagram datagram = {number ^ 0xa5a50000U, (uint16_t)number, lengthOf(number)};
		uint32_t cut = datagram.length / 3U;

		for (uint32_t i = 0; i < datagram.length; i++)
			payload[i] = byteOf(number, i);
		while (!ringHasRoom(&ring, datagram.length)) {
			refused++;
			sched_yield();
		}
		ringPutHeader(&ring, &datagram);
		ringPutPiece(&ring, 0, payload, cut);
		ringPutPiece(&ring, cut, payload + cut, datagram.length - cut);
		ringPublish(&ring, datagram.length);
	}
	return NULL;
}

static void fail(const char *what, unsigned number)
{
	fprintf(stderr, "datagram %u: %s\n", number, what);
	exit(1);
}

int main(int count, char **words)
{
	static uint8_t target[LONGEST];
	struct RingDatagram datagram;
	pthread_t producer;
	unsigned tooLong = 0;

	datagrams = count > 1 ? (unsigned)strtoul(words[1], NULL, 10) : 1000U;
	ringOpen(&ring, memory, CAPACITY);
	/* Close to the end of the counters, so that they wrap too. */
	ring.put = ring.taken = 0U - 100000U;
	if (0 != ringTake(&ring, &datagram, target, LONGEST))
		fail("taken from an empty ring", 0);
	if (0 != pthread_create(&producer, NULL, produce, NULL))
		fail("no thread", 0);
	for (unsigned number = 0; number < datagrams; number++) {
		/* Each seventh finds a buffer that is too small, and must be dropped whole. */
		uint32_t size = 6U == number % 7U ? lengthOf(number) - 1U : LONGEST;
		int taken;

		/* Now and then the consumer waits until the ring is full, however the threads are scheduled. */
		if (0U == number % 1000U)
			for (unsigned before = refused; before == refused && number + 100U < datagrams;)
				sched_yield();
		while (0 == (taken = ringTake(&ring, &datagram, target, size)))
			sched_yield();
		if (datagram.address != (number ^ 0xa5a50000U) || datagram.port != (uint16_t)number)
			fail("another source", number);
		if (datagram.length != lengthOf(number))
			fail("another length", number);
		if ((taken < 0) != (6U == number % 7U))
			fail("not dropped as it should", number);
		if (taken < 0) {
			tooLong++;
			continue;
		}
		for (uint32_t i = 0; i < datagram.length; i++)
			if (target[i] != byteOf(number, i))
				fail("another byte", number);
	}
	pthread_join(producer, NULL);
	if (0 != ringTake(&ring, &datagram, target, LONGEST))
		fail("one more than was put", datagrams);
	printf("%u taken, %u too long, %s\n", datagrams, tooLong, refused > 0 ? "was full" : "was never full");
	return 0;
}
