/* What the engine asks of a platform, and the life of its machine: start, turn, end. */
#include "internal.h"

#include "../board/board.h"

txMachine* engineMachine;
static txSize slotsTaken, chunkBytesTaken;

void fxCreateMachinePlatform(txMachine* the) { the->promiseJobs = 0; }
void fxDeleteMachinePlatform(txMachine* the) { (void)the; }

/* Pools. The arena of preload.c takes their place while the read-only heap is built. */

void* fxAllocateChunks(txMachine* the, txSize bytes)
{
	(void)the;
	if (engineIsPreloading()) return c_malloc((size_t)bytes);
	if (bytes < 0 || (txSize)enginePools.chunkBytes - chunkBytesTaken < bytes) return C_NULL;
	void* block = engineChunkPool + chunkBytesTaken;
	chunkBytesTaken += (bytes + 15) & ~15;
	return block;
}

void fxFreeChunks(txMachine* the, void* block)
{
	(void)the;
	(void)block;
}

txSlot* fxAllocateSlots(txMachine* the, txSize count)
{
	(void)the;
	if (engineIsPreloading()) return enginePreloadSlots(count);
	txSize capacity = (txSize)(enginePools.slotCount + enginePools.stackCount);
	if (count < 0 || capacity - slotsTaken < count) return C_NULL;
	txSlot* slots = (txSlot*)engineSlotPool + slotsTaken;
	slotsTaken += count;
	return slots;
}

void fxFreeSlots(txMachine* the, void* slots)
{
	(void)the;
	(void)slots;
}

/* Names: their text stays where it is, in flash. */

static void addName(txMachine* the, const char* text, unsigned expected)
{
	if (fxNewNameX(the, (txString)text) != expected) fxAbort(the, XS_FATAL_CHECK_EXIT);
}

void fxBuildKeys(txMachine* the)
{
	for (int i = 0; i < XS_SYMBOL_ID_COUNT; i++) {
		txSlot* description = fxNewSlot(the);
		description->kind = XS_STRING_X_KIND;
		description->value.string = gxIDStrings[i];
		the->keyArray[the->keyIndex++] = description;
	}
	for (unsigned i = XS_SYMBOL_ID_COUNT; i < XS_ID_COUNT; i++) addName(the, gxIDStrings[i], i);
	for (unsigned i = 0; i < imageNameCount; i++) addName(the, imageNames[i], imageFirstName + i);
	for (unsigned i = 0; i < imageFileCount; i++) addName(the, imageFiles[i], imageFirstName + imageNameCount + i);
}

/* Modules: a flat space of names, given when the image is built. */

static const ImageModule* findModule(const char* name)
{
	for (unsigned i = 0; i < imageModuleCount; i++)
		if (!c_strcmp(imageModules[i].name, name)) return &imageModules[i];
	return C_NULL;
}

/* The engine calls it as a function when it loads the module; the result is what `@` refers to there. */
static const ImageModule* loading;
static void buildHosts(txMachine* the)
{
	fxBuildHosts(the, (txInteger)loading->hostCount, (const txHostFunctionBuilder*)loading->hosts);
	mxPullSlot(mxResult);
}

txID fxFindModule(txMachine* the, txSlot* realm, txID moduleID, txSlot* specifier)
{
	char name[C_PATH_MAX];
	(void)realm;
	(void)moduleID;
	fxToStringBuffer(the, specifier, name, sizeof name);
	const ImageModule* module = findModule(name);
	return module ? fxNewNameX(the, (txString)module->name) : XS_NO_ID;
}

void fxLoadModule(txMachine* the, txSlot* module, txID moduleID)
{
	txString name = fxGetKeyName(the, moduleID);
	const ImageModule* found = findModule(name);
	if (!found) return;
	/* Linked code is never written to, although the engine's type says so; no symbols: no remapping. */
	txScript script = { .codeBuffer = (txS1*)found->code, .codeSize = (txSize)found->codeBytes, .path = name };
	script.version[0] = XS_MAJOR_VERSION;
	script.version[1] = XS_MINOR_VERSION;
	script.version[2] = XS_PATCH_VERSION;
	if (found->hosts) {
		loading = found;
		script.callback = (void*)buildHosts;
	}
	fxResolveModule(the, module, moduleID, &script, C_NULL, C_NULL);
}

txScript* fxParseScript(txMachine* the, void* stream, txGetter getter, txUnsigned flags)
{
	(void)stream;
	(void)getter;
	(void)flags;
	mxUnknownError("there is no parser on a board");
	return C_NULL;
}

/* Promises: the core uses none, tests may. */

void fxQueuePromiseJobs(txMachine* the) { the->promiseJobs = 1; }

void engineRunJobs(txMachine* the)
{
	if (!the->promiseJobs) return;
	while (the->promiseJobs) {
		the->promiseJobs = 0;
		fxRunPromiseJobs(the);
	}
	fxEndJob(the);
	fxCheckUnhandledRejections(the, 1);
}

/* Ends. */

void engineStop(void)
{
	if (engineIsPreloading()) boardExit(1);
	boardRestart();
}

static const char* reasonOf(int status)
{
	switch (status) {
	case XS_NOT_ENOUGH_MEMORY_EXIT: return "not enough memory";
	case XS_STACK_OVERFLOW_EXIT: return "stack overflow";
	case XS_FATAL_CHECK_EXIT: return "fatal check";
	case XS_DEAD_STRIP_EXIT: return "call of a part that was left out";
	case XS_UNHANDLED_EXCEPTION_EXIT: return "unhandled exception";
	case XS_NO_MORE_KEYS_EXIT: return "no more names";
	case XS_UNHANDLED_REJECTION_EXIT: return "unhandled rejection";
	default: return "aborted";
	}
}

/* Not a thing that JavaScript can catch; printing must not allocate. */
void fxAbort(txMachine* the, int status)
{
	boardPrint("engine: ");
	boardPrint(reasonOf(status));
	boardPrint("\n");
	if (status == XS_UNHANDLED_EXCEPTION_EXIT || status == XS_UNHANDLED_REJECTION_EXIT) enginePrintException(the);
	else enginePrintStack();
	engineStop();
}

void engineStart(const void* image)
{
	txCreation creation = {
		.initialChunkSize = (txSize)enginePools.chunkBytes - (txSize)sizeof(txBlock) - 16,
		.initialHeapCount = (txSize)enginePools.slotCount,
		.stackCount = (txSize)enginePools.stackCount,
		.initialKeyCount = (txSize)enginePools.keyCount,
		.nameModulo = 127,
		.symbolModulo = 127,
		.parserTableModulo = 127,
	};
	if (image) engineMachine = fxCloneMachine(&creation, (txMachine*)image, "balsa", C_NULL);
	else {
		creation.initialKeyCount += (txSize)(XS_ID_COUNT + imageNameCount + imageFileCount);
		engineMachine = fxCreateMachine(&creation, "balsa", C_NULL, 0);
	}
	if (!engineMachine) {
		boardPrint("engine: no machine\n");
		boardRestart();
	}
	if (engineMachine->keyCount > ENGINE_NAMES_MAX) fxAbort(engineMachine, XS_NO_MORE_KEYS_EXIT);
	engineRunMain(engineMachine, 1);
}

/* Counters. */

/*
 * The stack grows down from its top. Its lower end proves nothing: printing a number uses it as
 * scratch. Within what was used, single slots may look untouched, but not a run of them.
 */
static txSize stackPeak(const txMachine* the)
{
	enum { RUN = 16 };
	const txSlot* slot = the->stackTop;
	int untouched = 0;
	while (slot > the->stackBottom && untouched < RUN) {
		slot--;
		untouched = slot->next || slot->value.reference || slot->kind ? 0 : untouched + 1;
	}
	return (txSize)(the->stackTop - slot) - untouched;
}

double engineCounter(unsigned counter)
{
	const txMachine* the = engineMachine;
	const EngineCollections* c = &engineCollections;
	switch (counter) {
	case COUNTER_SLOTS_USED: return the->currentHeapCount;
	case COUNTER_CHUNK_BYTES_USED: return the->currentChunksSize;
	case COUNTER_SLOTS_ALLOCATED: return c->slotsAllocated + the->peakHeapCount - c->slotsAfter;
	case COUNTER_CHUNK_BYTES_ALLOCATED: return c->chunkBytesAllocated + the->peakChunksSize - c->chunkBytesAfter;
	case COUNTER_COLLECTIONS: return c->collections;
	case COUNTER_SLOTS_PEAK: return c->slotsPeak > the->peakHeapCount ? c->slotsPeak : the->peakHeapCount;
	case COUNTER_CHUNK_BYTES_PEAK:
		return c->chunkBytesPeak > the->peakChunksSize ? c->chunkBytesPeak : the->peakChunksSize;
	case COUNTER_SLOTS_CAPACITY: return the->maximumHeapCount;
	case COUNTER_CHUNK_BYTES_CAPACITY: return the->maximumChunksSize;
	case COUNTER_STACK_PEAK: return stackPeak(the);
	case COUNTER_STACK_CAPACITY: return the->stackTop - the->stackBottom;
	case COUNTER_NATIVE_STACK_PEAK: return boardStackPeak();
	case COUNTER_NATIVE_HEAP_USED: return boardHeapUsed();
	case COUNTER_FRAMES_RECEIVED: return networkCounters.framesReceived;
	case COUNTER_FRAMES_SENT: return networkCounters.framesSent;
	case COUNTER_DATAGRAMS_RECEIVED: return networkCounters.datagramsReceived;
	case COUNTER_DATAGRAMS_SENT: return networkCounters.datagramsSent;
	case COUNTER_DATAGRAMS_DROPPED_RECEIVING: return networkCounters.droppedReceiving;
	case COUNTER_DATAGRAMS_DROPPED_SENDING: return networkCounters.droppedSending;
	default: return -1;
	}
}
