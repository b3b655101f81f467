/*
 * The engine's interpreter for profiles, from its own source. Where that would count how often each
 * instruction runs (mxFrequency), this keeps the place of the instruction as well: board/profile.c
 * samples it from an interrupt.
 */
#include "xsAll.h"

unsigned profileOpcodes[256];
static unsigned exitCounts[256];

#define mxFrequency 1
#define frequencies place = (const void*)code, profileOpcodes
#define exits place, exitCounts
#include "interpreter.c"
