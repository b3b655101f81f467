/* The drivers of the host program: flash in memory with the rules of NOR, no network, real time. */
#include "../board/board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { FLASH_BYTES = 1 << 20, EXIT_RESTARTED = 70 };

NetworkCounters networkCounters;
static uint8_t flash[FLASH_BYTES];

void hostInitialize(void) { memset(flash, 0xff, sizeof flash); }

void boardPrint(const char* text)
{
	fputs(text, stdout);
	fflush(stdout);
}
void boardExit(int code) { exit(code); }
/* Nothing here can start again: a restart is a failure of what was run. */
void boardRestart(void) { exit(EXIT_RESTARTED); }
void boardStopWatchdog(void) {}

uint64_t boardMicroseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}
uint32_t boardRandom32(void)
{
	uint32_t value = 0;
	if (getrandom(&value, sizeof value, 0) != sizeof value) abort();
	return value;
}
unsigned boardStackPeak(void) { return 0; }
unsigned boardHeapUsed(void) { return 0; }

/* The engine checks the machine stack against this: a megabyte is left of the usual eight. */
char* fxCStackLimit(void)
{
	return (char*)__builtin_frame_address(0) - (1 << 20);
}

uint32_t flashBytes(void) { return FLASH_BYTES; }
void flashSetTimes(uint32_t page, uint32_t erase)
{
	(void)page;
	(void)erase;
}
static const char* check(double offset, uint32_t length)
{
	if (!(offset >= 0 && offset + length <= FLASH_BYTES)) return "flash: outside the partition";
	return offset == (double)(uint32_t)offset ? NULL : "flash: offset is not an integer";
}
const char* flashRead(double offset, uint8_t* target, uint32_t length)
{
	const char* refusal = check(offset, length);
	if (!refusal) memcpy(target, flash + (uint32_t)offset, length);
	return refusal;
}
const char* flashProgram(double offset, const uint8_t* source, uint32_t length)
{
	const char* refusal = check(offset, length);
	if (refusal) return refusal;
	uint8_t* target = flash + (uint32_t)offset;
	for (uint32_t i = 0; i < length; i++)
		if (source[i] & ~target[i]) return "flash: a program cannot raise a bit";
	memcpy(target, source, length);
	return NULL;
}
const char* flashErase(double offset)
{
	const char* refusal = check(offset, FLASH_SECTOR_BYTES);
	if (refusal) return refusal;
	if ((uint32_t)offset % FLASH_SECTOR_BYTES) return "flash: not the start of a sector";
	memset(flash + (uint32_t)offset, 0xff, FLASH_SECTOR_BYTES);
	return NULL;
}

int datagramOpen(uint16_t port)
{
	(void)port;
	return 0;
}
int datagramHear(const uint8_t* heads, uint32_t bytes, uint32_t seed, uint32_t memberSeed)
{
	(void)heads;
	(void)bytes;
	(void)seed;
	(void)memberSeed;
	return 1;
}
uint32_t datagramReceive(uint8_t* target, uint32_t bytes, uint32_t* address, uint16_t* port)
{
	(void)target;
	(void)bytes;
	(void)address;
	(void)port;
	return 0;
}
void datagramSend(uint32_t address, uint16_t port, const uint8_t* source, uint32_t length)
{
	(void)address;
	(void)port;
	(void)source;
	(void)length;
	networkCounters.droppedSending++;
}
uint32_t networkAddress(void) { return 0x7f000001; }
