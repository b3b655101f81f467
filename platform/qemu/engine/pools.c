/*
 * The engine's memory: fixed pools, no increments. The figures are given by the build (see
 * scripts/firmware/memory.ts, which checks them against what an ESP32 has).
 */
#include "engine.h"

#if UINTPTR_MAX > 0xffffffffu
enum { SLOT_BYTES = 32 };
#else
enum { SLOT_BYTES = 16 };
#endif

/* The linker script puts it outside the chip's own RAM; the name's beginning says that it holds no data. */
#if defined(BALSA_POOLS_EXTERNAL)
#define POOL __attribute__((aligned(16), section(".bss.external")))
#else
#define POOL __attribute__((aligned(16)))
#endif

const EnginePools enginePools = { BALSA_SLOT_COUNT, BALSA_CHUNK_BYTES, BALSA_STACK_COUNT, BALSA_KEY_COUNT };
unsigned char engineSlotPool[(BALSA_SLOT_COUNT + BALSA_STACK_COUNT) * SLOT_BYTES] POOL;
unsigned char engineChunkPool[BALSA_CHUNK_BYTES] POOL;
