/* The board's life: start the engine from the read-only heap, then turn after turn. */
#include "board.h"
#include "registers.h"

#include "../engine/engine.h"

#include <string.h>

extern unsigned char preloadStart[], preloadEnd[];
extern const void* enginePreloaded(const void* arena);
extern void entropyInitialize(void);

enum { SEMIHOST_OPEN = 1, SEMIHOST_CLOSE = 2, SEMIHOST_WRITE = 5, OPEN_BINARY_WRITE = 5 };

/* First run of a new image, under the build: makes the read-only heap and hands it out. */
static __attribute__((noreturn)) void buildPreload(void)
{
	static const char name[] = "preload.bin";
	uint32_t bytes = enginePreload(preloadStart, (unsigned)(preloadEnd - preloadStart));
	uint32_t open[3] = { (uint32_t)(uintptr_t)name, OPEN_BINARY_WRITE, sizeof name - 1 };
	int file = semihost(SEMIHOST_OPEN, open);
	if (file < 0) boardExit(1);
	uint32_t write[3] = { (uint32_t)file, (uint32_t)(uintptr_t)preloadStart, bytes };
	if (semihost(SEMIHOST_WRITE, write) != 0) boardExit(1);
	uint32_t close[1] = { (uint32_t)file };
	semihost(SEMIHOST_CLOSE, close);
	boardExit(0);
}

/* Sleeps until a frame comes in or the deadline is there; the interrupt ends WFI even when masked. */
static void sleepUntil(uint64_t deadline)
{
	__asm volatile("cpsid i" ::: "memory");
	if (!networkPrepareSleep()) {
		uint64_t now = boardMicroseconds();
		uint64_t network = (uint64_t)networkSleepMilliseconds() * 1000;
		uint64_t microseconds = deadline > now ? deadline - now : 0;
		/* The watchdog must be fed well within its period. */
		if (microseconds > 500000) microseconds = 500000;
		clockSleep(microseconds < network ? microseconds : network);
	}
	__asm volatile("cpsie i; isb" ::: "memory");
}

int main(void)
{
	const void* preload = enginePreloaded(preloadStart);
	if (!preload && BALSA_PRELOAD_MODULES) buildPreload();
	protectCode();
	networkInitialize();
	entropyInitialize();
	watchdogInitialize();
#if defined(BALSA_PROFILE)
	profileInitialize();
#endif
	engineStart(preload);
	uint64_t deadline = 0;
	for (;;) {
		watchdogFeed();
		networkPoll();
		if (engineHasTurn() && (datagramsWait() || boardMicroseconds() >= deadline)) {
			uint64_t wait = engineTurn();
			deadline = boardMicroseconds() + wait;
		}
		else sleepUntil(engineHasTurn() ? deadline : UINT64_MAX);
	}
}
