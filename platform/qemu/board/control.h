/*
 * The last 4 KiB of the mapped file are not flash: through them the host talks to the board while it
 * runs. All words are little-endian; 0 and 0xffffffff mean the default.
 */
#ifndef BALSA_CONTROL_H
#define BALSA_CONTROL_H

#include "registers.h"

typedef struct {
	/* +0: milliseconds that a sector erase takes */
	volatile uint32_t eraseMilliseconds;
	/* +4: microseconds that a page program takes */
	volatile uint32_t pageMicroseconds;
	/* +8: bytes of Balsa's partition, from the start of the file */
	volatile uint32_t partitionBytes;
	volatile uint32_t reserved;
	/* +16: random bytes, see entropy.c */
	volatile uint32_t seed[4];
} Control;

#define CONTROL_BYTES 4096u
#define CONTROL ((Control*)(uintptr_t)(PSRAM + PSRAM_BYTES - CONTROL_BYTES))

#endif
