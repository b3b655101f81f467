/*
 * The engine's table of optional parts, from its own source: no eval, no `length` and `name` of
 * functions (some 1,000 slots), and stacks of errors that find their lines in flash (stack.c).
 */
#include "xsAll.h"

extern void engineCaptureStack(txMachine* the, txSlot* internal, txSlot* frame);

#define fxNewFunctionLength C_NULL
#define fxNewFunctionName C_NULL
#define fxRunEval C_NULL
#define fxRunEvalEnvironment C_NULL
#define fxRunProgramEnvironment C_NULL
#define fxCaptureErrorStack engineCaptureStack
#include "xsDefaults.c"
