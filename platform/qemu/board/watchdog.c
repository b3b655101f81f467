/*
 * The CMSDK watchdog, fed once a turn. Each expiry is a non-maskable interrupt; the third without a
 * feed in between restarts the board, 4 to 6 seconds after it got stuck. The first ones are forgiven:
 * an emulator that its host stopped for a while wakes up with an expired watchdog, although the board
 * itself did nothing wrong. The chip's own reset is not used, since it would not forgive.
 */
#include "registers.h"

#include "board.h"

#include <stdio.h>

enum { LOAD = 0x000, CONTROL = 0x008, CLEAR = 0x00c, LOCK = 0xc00 };
enum { PERIOD_TICKS = 2 * 1000000 * (int)TICKS_PER_MICROSECOND };

enum { EXPIRIES_MAX = 3 };

static volatile unsigned expiries;

void watchdogInitialize(void)
{
	REGISTER(WATCHDOG + LOCK) = 0x1acce551;
	REGISTER(WATCHDOG + LOAD) = PERIOD_TICKS;
	REGISTER(WATCHDOG + CONTROL) = 1;
}

void boardStopWatchdog(void) { REGISTER(WATCHDOG + CONTROL) = 0; }

void watchdogFeed(void)
{
	expiries = 0;
	REGISTER(WATCHDOG + CLEAR) = 1;
}

__attribute__((used)) static void expired(const uint32_t* stacked)
{
	REGISTER(WATCHDOG + CLEAR) = 1;
	if (++expiries < EXPIRIES_MAX) return;
	char line[64];
	snprintf(line, sizeof line, "watchdog: stuck at pc %08lx\n", (unsigned long)stacked[6]);
	boardPrint(line);
	boardRestart();
}

__attribute__((naked)) void watchdogInterrupt(void)
{
	__asm volatile("mrs r0, msp\n b expired");
}
