/*
 * The engine's interpreter, from its own source, with its variables in registers: an eighth fewer
 * instructions for each entry that a cluster commits (at depth 1 1,572,000, then 1,388,000).
 *
 * The whole interpreter is one function, and it calls setjmp where JavaScript begins a `try`. What is
 * alive across setjmp must be in memory, for its second return: the stack pointer, the program
 * counter, all that every instruction uses. So nothing is alive there: its variables are put away
 * before the call and taken back after it. On the second return the source itself takes all that
 * counts from the jump record; the machine is taken from where it is known.
 *
 * Moddable's own build of the engine, for an ESP32, has neither this nor the other wrappers.
 */
#pragma GCC optimize("no-reorder-blocks") /* 10,000 of these */
#include "xsAll.h"

extern txMachine* engineMachine;

/* The other setjmp of that file, in a function without these variables. */
#undef mxTry
#define mxTry(THE) \
	txJump __JUMP__ = { .nextJump = (THE)->firstJump, .stack = (THE)->stack, .scope = (THE)->scope, \
		.frame = (THE)->frame, .code = (THE)->code, .flag = 0 }; \
	(THE)->firstJump = &__JUMP__; \
	if (setjmp(__JUMP__.buffer) == 0) {

/* Volatile: else the compiler would know the values again, and keep them alive after all. */
static volatile struct {
	txSlot *stack, *scope, *frame, *environment, *slot;
	txByte* code;
	txS4 offset;
	txU1 byte;
} kept;

#undef c_setjmp
#define c_setjmp(BUFFER) \
	({ \
		kept.stack = stack, kept.scope = scope, kept.frame = frame, kept.environment = environment; \
		kept.slot = slot, kept.code = code, kept.offset = offset, kept.byte = byte; \
		int returns = setjmp(BUFFER); \
		the = engineMachine, bytes = gxBytes; \
		stack = kept.stack, scope = kept.scope, frame = kept.frame, environment = kept.environment; \
		slot = kept.slot, code = kept.code, offset = kept.offset, byte = kept.byte; \
		jump = C_NULL, variable = C_NULL, address = C_NULL, index = 0, primitive = 0; \
		returns; \
	})
#include "xsRun.c"
