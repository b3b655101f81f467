/* The functions of ../board.js, which says what they take and return. None allocates. */
#include "xsmc.h"

#include "engine.h"

#include "../board/board.h"

static uint32_t sourceAddress;
static uint16_t sourcePort;

static void setInteger(xsMachine* the, uint32_t value)
{
	if (value <= INT32_MAX) xsmcSetInteger(xsResult, (int32_t)value);
	else xsmcSetNumber(xsResult, value);
}

/* [offset, +length) of a Uint8Array */
static uint8_t* bytesOf(xsMachine* the, xsSlot* array, xsSlot* offsetSlot, xsSlot* lengthSlot, int writable,
	uint32_t* length)
{
	void* data;
	xsUnsignedValue size;
	if (writable) xsmcGetBufferWritable(*array, &data, &size);
	else xsmcGetBufferReadable(*array, &data, &size);
	double offset = xsmcToNumber(*offsetSlot), count = xsmcToNumber(*lengthSlot);
	if (!(offset >= 0 && count >= 0 && offset + count <= size)) xsRangeError("outside the bytes");
	*length = (uint32_t)count;
	return (uint8_t*)data + (uint32_t)offset;
}

static uint32_t numberAt(xsMachine* the, xsSlot* slot, double least, double most)
{
	double value = xsmcToNumber(*slot);
	if (!(value >= least && value <= most)) xsRangeError("number out of range");
	return (uint32_t)value;
}

void board_print(xsMachine* the)
{
	boardPrint(xsmcToString(xsArg(0)));
	boardPrint("\n");
}

void board_exit(xsMachine* the) { boardExit(xsmcToInteger(xsArg(0))); }

void board_restart(xsMachine* the)
{
	(void)the;
	boardRestart();
}

void board_stopWatchdog(xsMachine* the)
{
	(void)the;
	boardStopWatchdog();
}

void board_milliseconds(xsMachine* the)
{
	uint64_t now = boardMicroseconds() / 1000;
	if (now <= INT32_MAX) xsmcSetInteger(xsResult, (int32_t)now);
	else xsmcSetNumber(xsResult, (double)now);
}

void board_microseconds(xsMachine* the) { xsmcSetNumber(xsResult, (double)boardMicroseconds()); }

void board_random32(xsMachine* the) { setInteger(the, boardRandom32()); }

void board_counter(xsMachine* the) { xsmcSetNumber(xsResult, engineCounter(numberAt(the, &xsArg(0), 0, COUNTER_COUNT - 1))); }

extern void engineSetTurn(xsMachine* the, xsSlot* function);

void board_setTurn(xsMachine* the)
{
	if (xsmcTypeOf(xsArg(0)) != xsReferenceType) xsTypeError("not a function");
	engineSetTurn(the, &xsArg(0));
}

void board_datagramOpen(xsMachine* the)
{
	if (datagramOpen((uint16_t)numberAt(the, &xsArg(0), 1, 65535)) < 0) xsUnknownError("the port is taken");
}

void board_datagramHear(xsMachine* the)
{
	void* data;
	xsUnsignedValue size;
	uint32_t seed = numberAt(the, &xsArg(1), 0, 4294967295.0);
	uint32_t memberSeed = numberAt(the, &xsArg(2), 0, 4294967295.0);
	xsmcGetBufferReadable(xsArg(0), &data, &size);
	if (!datagramHear(data, size, seed, memberSeed)) xsRangeError("more heads than the driver has room for");
}

void board_datagramRefused(xsMachine* the)
{
	setInteger(the, networkCounters.refused[numberAt(the, &xsArg(0), 0, REFUSAL_REASONS - 1)]);
}

void board_datagramReceive(xsMachine* the)
{
	void* data;
	xsUnsignedValue size;
	xsmcGetBufferWritable(xsArg(0), &data, &size);
	xsmcSetInteger(xsResult, (int32_t)datagramReceive(data, size, &sourceAddress, &sourcePort));
}

void board_datagramAddress(xsMachine* the) { setInteger(the, sourceAddress); }

void board_datagramPort(xsMachine* the) { setInteger(the, sourcePort); }

void board_datagramSend(xsMachine* the)
{
	uint32_t address = numberAt(the, &xsArg(0), 0, 4294967295.0);
	uint32_t port = numberAt(the, &xsArg(1), 0, 65535);
	void* data;
	xsUnsignedValue size;
	xsmcGetBufferReadable(xsArg(2), &data, &size);
	uint32_t length = numberAt(the, &xsArg(3), 0, size);
	datagramSend(address, (uint16_t)port, data, length);
}

void board_address(xsMachine* the) { setInteger(the, networkAddress()); }

void board_flashSize(xsMachine* the) { setInteger(the, flashBytes()); }

void board_flashRead(xsMachine* the)
{
	uint32_t length;
	uint8_t* target = bytesOf(the, &xsArg(1), &xsArg(2), &xsArg(3), 1, &length);
	const char* refusal = flashRead(xsmcToNumber(xsArg(0)), target, length);
	if (refusal) xsRangeError("%s", refusal);
}

void board_flashProgram(xsMachine* the)
{
	uint32_t length;
	const uint8_t* source = bytesOf(the, &xsArg(1), &xsArg(2), &xsArg(3), 0, &length);
	const char* refusal = flashProgram(xsmcToNumber(xsArg(0)), source, length);
	if (refusal) xsRangeError("%s", refusal);
}

void board_flashErase(xsMachine* the)
{
	const char* refusal = flashErase(xsmcToNumber(xsArg(0)));
	if (refusal) xsRangeError("%s", refusal);
}

void board_flashSetTimes(xsMachine* the)
{
	uint32_t page = numberAt(the, &xsArg(0), 0, 1000000);
	flashSetTimes(page, numberAt(the, &xsArg(1), 0, 10000));
}
