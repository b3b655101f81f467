/* What the files of the engine share with one another, on top of the engine's own sources. */
#ifndef BALSA_INTERNAL_H
#define BALSA_INTERNAL_H

#include "xsAll.h"
#include "xsScript.h"

#include "engine.h"
#include "image.h"

/* The machine that runs, or null. */
extern txMachine* engineMachine;

/* Collections since boot and what they found, see memory.c. */
typedef struct {
	double slotsAllocated;
	double chunkBytesAllocated;
	txSize slotsAfter;
	txSize chunkBytesAfter;
	txSize slotsPeak;
	txSize chunkBytesPeak;
	unsigned collections;
} EngineCollections;
extern EngineCollections engineCollections;

/* True while the read-only heap is being built. */
int engineIsPreloading(void);
txSlot* enginePreloadSlots(txSize count);
void engineColor(txMachine* the);
void engineTakeFirstAlias(txMachine* the);
/* Calls the default export of "main", or only loads it and what it imports. */
void engineRunMain(txMachine* the, int call);
/* Prints the exception that was just caught, with its stack. */
void enginePrintException(txMachine* the);
void engineRunJobs(txMachine* the);
/* Ends after what cannot be repaired: a restart, or a failed build while the read-only heap is made. */
__attribute__((noreturn)) void engineStop(void);

#endif
