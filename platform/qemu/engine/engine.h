/* The JavaScript engine as the board and the host program see it. */
#ifndef BALSA_ENGINE_H
#define BALSA_ENGINE_H

#include <stdint.h>

/*
 * Numbers of engineCounter; ../board.js has the same ones. The two "allocated" counters and the
 * collections only grow, from boot on: two readings tell what happened between them.
 */
enum {
	COUNTER_SLOTS_USED,
	COUNTER_CHUNK_BYTES_USED,
	COUNTER_SLOTS_ALLOCATED,
	COUNTER_CHUNK_BYTES_ALLOCATED,
	COUNTER_COLLECTIONS,
	COUNTER_SLOTS_PEAK,
	COUNTER_CHUNK_BYTES_PEAK,
	COUNTER_SLOTS_CAPACITY,
	COUNTER_CHUNK_BYTES_CAPACITY,
	COUNTER_STACK_PEAK,
	COUNTER_STACK_CAPACITY,
	COUNTER_NATIVE_STACK_PEAK,
	COUNTER_NATIVE_HEAP_USED,
	COUNTER_FRAMES_RECEIVED,
	COUNTER_FRAMES_SENT,
	COUNTER_DATAGRAMS_RECEIVED,
	COUNTER_DATAGRAMS_SENT,
	COUNTER_DATAGRAMS_DROPPED_RECEIVING,
	COUNTER_DATAGRAMS_DROPPED_SENDING,
	COUNTER_COUNT
};
double engineCounter(unsigned counter);

/*
 * Builds the machine with the read-only heap at `image` if there is one (see preload.c), else with
 * everything in memory, and calls the default export of the module "main". Exceptions restart.
 */
void engineStart(const void* image);

/* Calls the turn function. Returns the microseconds until it wants to be called again at the latest. */
uint64_t engineTurn(void);

/* True once a turn function has been set. */
int engineHasTurn(void);

/* Builds the read-only heap from `arena` on, `bytes` at most. Returns its size in bytes. */
unsigned enginePreload(void* arena, unsigned bytes);

/* Prints where the running JavaScript is, a line for each frame. */
void enginePrintStack(void);

/* The pools, their sizes and the size of the engine's stack: pools.c, set when the image is built. */
typedef struct {
	unsigned slotCount;
	unsigned chunkBytes;
	unsigned stackCount;
	unsigned keyCount;
} EnginePools;
extern const EnginePools enginePools;
/* Names of properties and modules, all in all: as many as found.h can tell from one another. */
enum { ENGINE_NAMES_MAX = 0x1000 };
extern unsigned char engineSlotPool[];
extern unsigned char engineChunkPool[];

#endif
