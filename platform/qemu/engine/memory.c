/*
 * The engine's allocator and collector, compiled from its own source with one addition: its report at
 * the end of each collection, which release builds leave out, is taken as the place to count.
 *
 * Between collections the engine only takes from its pools, so its own "peak" fields, put back to
 * what is alive at the end of each collection, hold what was in use when the next one began. Their
 * difference is what was allocated in between: the sums grow monotonously and miss nothing.
 */
#include "internal.h"

#include "found.h"

EngineCollections engineCollections;

static void countCollection(txMachine* the, const char* format, ...)
{
	if (c_strncmp(format, "# Slot collection", 17)) return;
	EngineCollections* c = &engineCollections;
	c->collections++;
	c->slotsAllocated += the->peakHeapCount - c->slotsAfter;
	c->chunkBytesAllocated += the->peakChunksSize - c->chunkBytesAfter;
	if (c->slotsPeak < the->peakHeapCount) c->slotsPeak = the->peakHeapCount;
	if (c->chunkBytesPeak < the->peakChunksSize) c->chunkBytesPeak = the->peakChunksSize;
	c->slotsAfter = the->peakHeapCount = the->currentHeapCount;
	c->chunkBytesAfter = the->peakChunksSize = the->currentChunksSize;
}

#undef mxReport
#define mxReport 1
#define fxReport countCollection
#define fxNewSlot(THE) takeSlot(THE)
txSlot* takeSlot(txMachine* the);
#include "xsMemory.c"
#undef fxNewSlot

/* A new slot may become a property, or what stood in it when it was free may have been one: see found.h. */
txSlot* fxNewSlot(txMachine* the)
{
	engineForget();
	return takeSlot(the);
}

/*
 * Sharing a heap numbers what may be copied on a write from 0 on, where 0 means that it may not: what
 * comes first would be written to in place, in flash. So an instance that nobody uses comes first: it is
 * the first slot of the newest segment of the heap, and stays on the stack.
 */
void engineTakeFirstAlias(txMachine* the)
{
	c_malloc(16); /* a gap, so that the segment is not joined to the one before */
	fxGrowSlots(the, 16);
	fxNewInstance(the);
}
