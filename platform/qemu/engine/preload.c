/*
 * The read-only heap. When an image is built, the board runs once with an empty place for it: the
 * engine's built-ins are made there and our modules are loaded into it (their top levels run now and
 * never again), then it is frozen, shared and written out to become a part of the flash image. A
 * start then only clones the machine: functions, classes and modules cost no memory.
 *
 * The rules for a module are those of Moddable's preload: functions, classes and prototypes are
 * frozen; maps, buffers and the like of a module's top level are immutable; a `let` or a plain object
 * there is copied to memory when it is first written.
 */
#include "internal.h"

#include "../board/board.h"

#if defined(BALSA_PRELOAD)

/*
 * Each binding at the top of the bundle takes a slot of the stack while its body runs. Of all these
 * only the uppermost slots, the intrinsics, are a part of the result: the stack begins below the
 * arena, in room that is free while an image is built, and ends inside it.
 */
enum { PRELOAD_STACK_COUNT = 8192, PRELOAD_STACK_KEPT = 256 };

static unsigned char *arenaNext, *arenaEnd;
static txSlot* stackKept;

int engineIsPreloading(void) { return arenaNext != C_NULL; }

/* A freed block of the arena stays where it is: this happens to a few during creation alone. */
void* engineAllocate(size_t bytes)
{
	if (!arenaNext) return malloc(bytes);
	bytes = (bytes + 15) & ~(size_t)15;
	if ((size_t)(arenaEnd - arenaNext) < bytes) return C_NULL;
	void* block = arenaNext;
	arenaNext += bytes;
	return block;
}

void* engineAllocateCleared(size_t count, size_t bytes)
{
	void* block = engineAllocate(count * bytes);
	if (block) memset(block, 0, count * bytes);
	return block;
}

void* engineReallocate(void* block, size_t bytes)
{
	if (!arenaNext) return realloc(block, bytes);
	boardPrint("preload: a block grew in the read-only heap\n");
	boardExit(1);
}

void engineFree(void* block)
{
	if (!arenaNext) free(block);
}

txSlot* enginePreloadSlots(txSize count)
{
	if (count != PRELOAD_STACK_COUNT) return engineAllocate((size_t)count * sizeof(txSlot));
	return stackKept + PRELOAD_STACK_KEPT - PRELOAD_STACK_COUNT;
}

static int isFunction(const txSlot* internal)
{
	return internal && (internal->kind == XS_CALLBACK_KIND || internal->kind == XS_CALLBACK_X_KIND ||
		internal->kind == XS_CODE_KIND || internal->kind == XS_CODE_X_KIND);
}

static void freezeInstance(txSlot* instance)
{
	for (txSlot* property = instance->next; property; property = property->next) {
		if (property->kind != XS_ACCESSOR_KIND) property->flag |= XS_DONT_SET_FLAG;
		property->flag |= XS_DONT_DELETE_FLAG;
	}
	instance->flag |= XS_DONT_PATCH_FLAG;
}

static void freezePrototype(txSlot* function)
{
	if (!(function->flag & XS_CAN_CONSTRUCT_FLAG)) return;
	for (txSlot* property = function->next; property; property = property->next)
		if (property->ID == mxID(_prototype) && property->kind == XS_REFERENCE_KIND) {
			freezeInstance(property->value.reference);
			return;
		}
}

/* Instances that hold more than their slots cannot be copied on a write, so they must not be written. */
static int isImmutableHere(const txSlot* internal)
{
	switch (internal->kind) {
	case XS_MAP_KIND:
	case XS_SET_KIND:
	case XS_WEAK_MAP_KIND:
	case XS_WEAK_SET_KIND:
	case XS_WEAK_REF_KIND:
	case XS_ARRAY_BUFFER_KIND:
	case XS_DATA_VIEW_KIND:
	case XS_TYPED_ARRAY_KIND:
	case XS_PROMISE_KIND:
	case XS_PROXY_KIND:
	case XS_REGEXP_KIND:
	case XS_DATE_KIND: return 1;
	default: return 0;
	}
}

static void freeze(txSlot* slot)
{
	if (slot->kind == XS_INSTANCE_KIND) {
		txSlot* internal = slot->next;
		if (!internal || !(internal->flag & XS_INTERNAL_FLAG)) return;
		if (internal->ID == XS_ENVIRONMENT_BEHAVIOR || isImmutableHere(internal)) freezeInstance(slot);
		else if (isFunction(internal)) {
			freezeInstance(slot);
			freezePrototype(slot);
		}
	}
	else if (slot->kind == XS_CLOSURE_KIND) {
		txSlot* closure = slot->value.closure;
		if (closure->kind == XS_HOST_FUNCTION_KIND) closure->flag |= XS_DONT_SET_FLAG;
		if (closure->kind == XS_REFERENCE_KIND && isFunction(closure->value.reference->next))
			closure->flag |= XS_DONT_SET_FLAG;
	}
}

static void freezeHeap(txMachine* the)
{
	for (txSlot* heap = the->firstHeap; heap; heap = heap->next)
		for (txSlot* slot = heap + 1; slot < heap->value.reference; slot++) freeze(slot);
}

/* The global object caches what was looked up: do it now, since nothing can be written later. */
static void fillGlobalCache(txMachine* the)
{
	for (txID id = XS_SYMBOL_ID_COUNT; id < XS_INTRINSICS_COUNT; id++)
		fxGlobalGetProperty(the, mxGlobal.value.reference, id, 0, XS_ANY);
}

typedef struct {
	uint32_t magic;
	uint32_t bytes;
	txMachine* root;
} PreloadHeader;

enum { MAGIC = 0x61736c42, HEADER_BYTES = 64 };

unsigned enginePreload(void* arena, unsigned bytes)
{
	txCreation creation = {
		.initialChunkSize = 1024,
		.incrementalChunkSize = 1024,
		.initialHeapCount = 1700,
		.incrementalHeapCount = 128,
		.stackCount = PRELOAD_STACK_COUNT,
		.initialKeyCount = (txSize)(XS_ID_COUNT + imageNameCount + imageFileCount + 16),
		.nameModulo = 127,
		.symbolModulo = 127,
		.parserTableModulo = 127,
	};
	PreloadHeader* header = arena;
	arenaNext = (unsigned char*)arena + HEADER_BYTES;
	arenaEnd = (unsigned char*)arena + bytes;
	stackKept = engineAllocate(PRELOAD_STACK_KEPT * sizeof(txSlot)); /* first, since the stack lies below it */
	engineMachine = fxCreateMachine(&creation, "preload", C_NULL, 0);
	if (!engineMachine) boardExit(1);
	engineRunMain(engineMachine, 0);
	fillGlobalCache(engineMachine);
	freezeHeap(engineMachine);
	engineTakeFirstAlias(engineMachine);
	if (engineMachine->stackTop - engineMachine->stack > PRELOAD_STACK_KEPT) boardExit(1);
	fxShareMachine(engineMachine);
	engineColor(engineMachine);
	header->magic = MAGIC;
	header->bytes = (uint32_t)(arenaNext - (unsigned char*)arena);
	header->root = engineMachine;
	char line[160];
	c_snprintf(line, sizeof line, "preload: %u bytes, %d slots, %d chunk bytes, %d names, %d aliases\n",
		(unsigned)header->bytes, (int)engineMachine->currentHeapCount, (int)engineMachine->currentChunksSize,
		(int)engineMachine->keyIndex, (int)engineMachine->aliasCount);
	boardPrint(line);
	engineMachine = C_NULL;
	arenaNext = C_NULL;
	return header->bytes;
}

const void* enginePreloaded(const void* arena)
{
	const PreloadHeader* header = arena;
	return header->magic == MAGIC ? header->root : C_NULL;
}

#else

int engineIsPreloading(void) { return 0; }

txSlot* enginePreloadSlots(txSize count)
{
	(void)count;
	return C_NULL;
}

#endif
