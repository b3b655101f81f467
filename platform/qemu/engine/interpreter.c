/*
 * The engine's interpreter, from its own source, with four things that make it faster. Instructions for
 * each entry that a cluster commits at depth 1: 1,572,000 without them.
 *
 * 1. Its variables are in registers (184,000 less). The whole interpreter is one function, and it calls
 *    setjmp where JavaScript begins a `try`. What is alive across setjmp must be in memory, for its
 *    second return: the stack pointer, the program counter, all that every instruction uses. So
 *    nothing is alive there: its variables are put away before the call and taken back after it. On
 *    the second return the source itself takes all that counts from the jump record.
 * 2. Properties are found without a search (properties.h), and elements of typed arrays without their
 *    accessor (elements.h).
 * 3. The next instruction is read where it is needed, the common case of some comes first, and the end
 *    of the stack is a constant: edits of the source, which stand in scripts/firmware/interpreter.ts.
 * 4. The locals of a call are cleared without a call of memset.
 *
 * Moddable's own build of the engine, for an ESP32, has neither this nor the other wrappers.
 */
/* What a compiler guesses of branches and loops is wrong in an interpreter: 22,000 of these. */
#pragma GCC optimize("no-reorder-blocks", "no-guess-branch-probability", "no-tree-pre", "no-ivopts")
#include "elements.h"
#include "pairs.h"

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
} kept;

/* Slots are cleared by halves: there are mostly a few, and they are aligned. */
typedef uint64_t __attribute__((may_alias)) HalfSlot;
#undef c_memset
#define c_memset(TO, VALUE, BYTES) \
	({ \
		HalfSlot* half = (HalfSlot*)(TO); \
		for (HalfSlot* end = half + (BYTES) / 8; half < end; half += 2) half[0] = half[1] = (VALUE); \
	})

/* A new slot of the stack: its link, name and flags, all nothing, and its kind are one half. */
#if UINTPTR_MAX > 0xffffffffu
#define beginSlot(SLOT, KIND) \
	(SLOT)->next = C_NULL; \
	mxInitSlotKind(SLOT, KIND)
#else
#define beginSlot(SLOT, KIND) (*(HalfSlot*)(SLOT) = (uint64_t)((KIND) & 0xff) << 32)
#endif

#undef c_setjmp
#define c_setjmp(BUFFER) \
	({ \
		kept.stack = stack, kept.scope = scope, kept.frame = frame, kept.environment = environment; \
		kept.slot = slot, kept.code = code, kept.offset = offset; \
		int returns = setjmp(BUFFER); \
		stack = kept.stack, scope = kept.scope, frame = kept.frame, environment = kept.environment; \
		slot = kept.slot, code = kept.code, offset = kept.offset; \
		jump = C_NULL, variable = C_NULL, address = C_NULL, index = 0, primitive = 0, byte = 0; \
		returns; \
	})
#include "edited-interpreter.c"
