/* JavaScript as the board runs it: the main module, then turn after turn. */
#include "xs.h"

#include "engine.h"

#include "../board/board.h"

extern xsMachine* engineMachine;
extern void engineRunJobs(xsMachine* the);
extern __attribute__((noreturn)) void engineStop(void);

static xsSlot turn;
static int hasTurn;

void enginePrintException(xsMachine* machine)
{
	xsBeginHost(machine);
	{
		xsVars(2);
		xsVar(0) = xsException;
		xsTry
		{
			if (xsTypeOf(xsVar(0)) == xsReferenceType && xsIsInstanceOf(xsVar(0), xsErrorPrototype))
				xsVar(1) = xsGet(xsVar(0), xsID("stack"));
			else xsVar(1) = xsVar(0);
			boardPrint("uncaught exception: ");
			boardPrint(xsToString(xsVar(1)));
			boardPrint("\n");
		}
		xsCatch
		{
			boardPrint("uncaught exception, which cannot be printed\n");
		}
	}
	xsEndHost(machine);
}

void engineRunMain(xsMachine* machine, int call)
{
	volatile int failed = 0;
	xsBeginHost(machine);
	{
		xsVars(1);
		xsTry
		{
			xsVar(0) = xsAwaitImport("main", XS_IMPORT_DEFAULT);
			if (xsTypeOf(xsVar(0)) != xsReferenceType) xsTypeError("the main module exports no default function");
			if (call) xsCallFunction0(xsVar(0), xsUndefined);
		}
		xsCatch
		{
			failed = 1;
			enginePrintException(machine);
		}
	}
	xsEndHost(machine);
	if (failed) engineStop();
	engineRunJobs(machine);
}

void engineSetTurn(xsMachine* the, xsSlot* function)
{
	if (!hasTurn) xsRemember(turn);
	hasTurn = 1;
	turn = *function;
}

int engineHasTurn(void) { return hasTurn; }

uint64_t engineTurn(void)
{
	xsMachine* machine = engineMachine;
	volatile double milliseconds = 0;
	volatile int failed = 0;
	xsBeginHost(machine);
	{
		xsVars(1);
		xsTry
		{
			xsVar(0) = xsCallFunction0(turn, xsUndefined);
			milliseconds = xsToNumber(xsVar(0));
		}
		xsCatch
		{
			failed = 1;
			enginePrintException(machine);
		}
	}
	xsEndHost(machine);
	if (failed) engineStop();
	engineRunJobs(machine);
	if (!(milliseconds > 0)) return 0;
	return milliseconds < 60000 ? (uint64_t)(milliseconds * 1000) : 60000000u;
}
