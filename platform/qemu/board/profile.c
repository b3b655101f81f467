/*
 * The profiler: a timer samples which line of TypeScript the interpreter is at, whatever it does for
 * it. Under `-icount shift=0` a sample stands for a fixed number of instructions, natives and the
 * engine's own included. Only in images that were built with --profile.
 */
#if defined(BALSA_PROFILE)

#include "board.h"
#include "registers.h"

#include "../engine/image.h"

#include <stdio.h>

enum { LINES_MAX = 32768, OPCODES = 256 };
/* In microseconds; prime, so that it does not beat with loops. */
enum { PERIOD = 97 };

extern int engineCurrentLine(void);
extern unsigned profileOpcodes[OPCODES];

static uint32_t samples[LINES_MAX], elsewhere;

void profileInitialize(void)
{
	REGISTER(NVIC_ENABLE) = 1u << TIMER1_INTERRUPT;
	REGISTER(TIMER1 + 0x08) = PERIOD * TICKS_PER_MICROSECOND;
	REGISTER(TIMER1 + 0x04) = PERIOD * TICKS_PER_MICROSECOND;
	REGISTER(TIMER1 + 0x00) = 9;
}

void profileInterrupt(void)
{
	REGISTER(TIMER1 + 0x0c) = 1;
	int line = engineCurrentLine();
	if (line >= 0 && line < LINES_MAX) samples[line]++;
	else elsewhere++;
}

/* A line "profile SAMPLES FILE:LINE" for each row of the line table, and "opcode NUMBER COUNT". */
void profilePrint(void)
{
	char text[192];
	REGISTER(TIMER1 + 0x00) = 0;
	for (unsigned i = 0; i < imageLineCount && i < LINES_MAX; i++)
		if (samples[i]) {
			snprintf(text, sizeof text, "profile %lu %s:%u\n", (unsigned long)samples[i], imageFiles[imageLines[i].file],
				imageLines[i].line);
			boardPrint(text);
		}
	snprintf(text, sizeof text, "profile %lu elsewhere:0\n", (unsigned long)elsewhere);
	boardPrint(text);
	for (unsigned i = 0; i < OPCODES; i++)
		if (profileOpcodes[i]) {
			snprintf(text, sizeof text, "opcode %u %u\n", i, profileOpcodes[i]);
			boardPrint(text);
		}
}

#endif
