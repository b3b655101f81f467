/*
 * NOR flash in the 16 MiB of PSRAM, which is a file of the host's: it survives the emulator as flash
 * survives a loss of power. A program only lets bits fall and an erase raises a whole sector; bytes
 * change in ascending order, so that a killed emulator leaves what a power cut leaves. Each takes a
 * chip's time with interrupts masked, as when code runs from the same chip.
 */
#include "registers.h"

#include "board.h"
#include "control.h"

#include <string.h>

enum { DEFAULT_PARTITION_BYTES = 1 << 20, DEFAULT_PAGE_MICROSECONDS = 700, DEFAULT_ERASE_MILLISECONDS = 45 };
enum { ERASE_MILLISECONDS_MAX = 400 };

static volatile uint8_t* const flash = (volatile uint8_t*)(uintptr_t)PSRAM;
static uint32_t pageMicroseconds = DEFAULT_PAGE_MICROSECONDS;
static uint32_t eraseMilliseconds = DEFAULT_ERASE_MILLISECONDS;

/* What the host has written wins over what the firmware has set. */
static uint32_t choose(uint32_t word, uint32_t otherwise) { return word == 0 || word == UINT32_MAX ? otherwise : word; }

uint32_t flashBytes(void)
{
	uint32_t bytes = choose(CONTROL->partitionBytes, DEFAULT_PARTITION_BYTES);
	if (bytes > PSRAM_BYTES - CONTROL_BYTES || bytes % FLASH_SECTOR_BYTES) return DEFAULT_PARTITION_BYTES;
	return bytes;
}

void flashSetTimes(uint32_t page, uint32_t erase)
{
	pageMicroseconds = page;
	eraseMilliseconds = erase;
}

static const char* check(double offset, uint32_t length)
{
	if (!(offset >= 0 && offset + length <= flashBytes())) return "flash: outside the partition";
	if (offset != (double)(uint32_t)offset) return "flash: offset is not an integer";
	return NULL;
}

const char* flashRead(double offset, uint8_t* target, uint32_t length)
{
	const char* refusal = check(offset, length);
	if (refusal) return refusal;
	memcpy(target, (const uint8_t*)flash + (uint32_t)offset, length);
	return NULL;
}

const char* flashProgram(double offset, const uint8_t* source, uint32_t length)
{
	const char* refusal = check(offset, length);
	if (refusal) return refusal;
	uint32_t at = (uint32_t)offset, end = at + length;
	for (uint32_t i = 0; i < length; i++)
		if (source[i] & ~flash[at + i]) return "flash: a program cannot raise a bit";
	while (at < end) {
		uint32_t pageEnd = (at / FLASH_PAGE_BYTES + 1) * FLASH_PAGE_BYTES;
		for (; at < end && at < pageEnd; at++) flash[at] = *source++;
		clockBusyWait(choose(CONTROL->pageMicroseconds, pageMicroseconds));
	}
	return NULL;
}

const char* flashErase(double offset)
{
	const char* refusal = check(offset, FLASH_SECTOR_BYTES);
	if (refusal) return refusal;
	uint32_t at = (uint32_t)offset;
	if (at % FLASH_SECTOR_BYTES) return "flash: not the start of a sector";
	for (uint32_t i = 0; i < FLASH_SECTOR_BYTES; i++) flash[at + i] = 0xff;
	uint32_t milliseconds = choose(CONTROL->eraseMilliseconds, eraseMilliseconds);
	clockBusyWait((milliseconds < ERASE_MILLISECONDS_MAX ? milliseconds : ERASE_MILLISECONDS_MAX) * 1000);
	return NULL;
}
