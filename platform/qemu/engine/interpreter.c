/*
 * The engine's interpreter, from its own source, with its variables in registers: a sixth fewer
 * instructions for each entry that a cluster commits (1,525,000 to 1,280,000 at depth 1).
 *
 * The whole interpreter is one function, and it calls setjmp where JavaScript begins a `try`. A
 * compiler that sees setjmp keeps in memory whatever is alive there, for the second return: the
 * stack pointer, the program counter, all that every instruction uses. It knows setjmp by its name,
 * so it is called by another one here.
 *
 * That is sound because the source takes nothing over the second return but the machine: stack,
 * frame, scope and code come from the jump record. The machine is taken from where it is known, and
 * the rest that a function may rely on after a call, saved registers and its own frame, is there.
 */
#include "xsAll.h"

extern txMachine* engineMachine;

#if defined(__linux__)
extern int engineSetJump(jmp_buf buffer) __asm__("_setjmp");
#else
extern int engineSetJump(jmp_buf buffer) __asm__("setjmp");
#endif

#undef c_setjmp
#define c_setjmp(BUFFER) (engineSetJump(BUFFER) ? (the = engineMachine, 1) : 0)
#include "xsRun.c"
