/* How full the memory of XS is. Only the engine's own header knows; nothing else of it is used. */
#include "xsAll.h"

#include "mc.xs.h"

void xs_balsa_heapUsedBytes(txMachine *the)
{
	mxResult->value.number = (txNumber)the->currentHeapCount * (txNumber)sizeof(txSlot) + (txNumber)the->currentChunksSize;
	mxResult->kind = XS_NUMBER_KIND;
}

void xs_balsa_heapBytes(txMachine *the)
{
	mxResult->value.number = (txNumber)the->maximumHeapCount * (txNumber)sizeof(txSlot) + (txNumber)the->maximumChunksSize;
	mxResult->kind = XS_NUMBER_KIND;
}
