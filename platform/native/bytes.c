/*
 * The native twin of core/bytes.ts, for every board: an interpreter pays some 500 instructions for
 * each byte that it touches. It knows XS by xsmc.h alone, so QEMU and ESP32 compile it alike. What
 * each function does, takes and returns stands in core/bytes.ts; the same tests hold both equal.
 *
 * Two rules keep it sound. Only numbers are taken for numbers: converting anything else may run
 * script, and script may move a buffer that was taken before. And nothing is read through a wider
 * pointer than its bytes allow: doubles and words go through memcpy, one load where that may be.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "xsmc.h"

#include "cbor.h"
#include "crc32c.h"

#define INTEGER_MAX 9007199254740991.0 /* 2^53 - 1 */
#define NO_ROOM (-1)
#define UNKNOWN_KIND (-3)
#define SHAPE_BYTES 16

struct Bytes {
	uint8_t *data;
	uint32_t size;
};

static void takes(xsMachine *the, int count)
{
	if (xsmcArgc != count)
		xsTypeError("bytes: not so many arguments");
}

static double numberAt(xsMachine *the, int place)
{
	xsSlot *slot = &xsArg(place);
	xsType type = xsmcTypeOf(*slot);

	if (type == xsIntegerType)
		return xsmcToInteger(*slot);
	if (type != xsNumberType)
		xsTypeError("bytes: not a number");
	return xsmcToNumber(*slot);
}

static struct Bytes bytesAt(xsMachine *the, int place, int writable)
{
	struct Bytes bytes;
	void *data = NULL;
	xsUnsignedValue size = 0;

	(void)_xsmcGetBuffer(the, &xsArg(place), &data, &size, (xsBooleanValue)writable);
	bytes.data = data;
	bytes.size = size;
	return bytes;
}

/* Throws unless [offset, offset + length) lies inside `size` bytes; NaN fails every comparison. */
static void check(xsMachine *the, double offset, double length, uint32_t size)
{
	if (!(offset >= 0 && length >= 0 && offset + length <= (double)size))
		xsRangeError("outside the bytes");
}

/* The part of the buffer at `place`, whose offset is the argument after it; `room` bytes must follow. */
static struct Bytes partAt(xsMachine *the, int place, int lengthPlace, int writable, uint32_t room)
{
	struct Bytes part = bytesAt(the, place, writable);
	double offset = numberAt(the, place + 1);
	double length = numberAt(the, lengthPlace);

	if (!(offset >= 0 && length >= 0 && offset + length + room <= (double)part.size))
		xsRangeError("outside the bytes");
	part.data += (uint32_t)offset;
	part.size = (uint32_t)length;
	return part;
}

static uint8_t byteAt(xsMachine *the, int place)
{
	double value = numberAt(the, place);

	if (!(value >= 0 && value <= 255))
		xsRangeError("not a byte");
	return (uint8_t)value;
}

static void answer(xsMachine *the, double value)
{
	if (value <= 2147483647.0)
		xsmcSetInteger(xsResult, (xsIntegerValue)value);
	else
		xsmcSetNumber(xsResult, value);
}

void xs_bytes_copy(xsMachine *the)
{
	struct Bytes target, source;

	takes(the, 5);
	target = partAt(the, 0, 4, 1, 0);
	source = partAt(the, 2, 4, 0, 0);
	memmove(target.data, source.data, source.size);
}

void xs_bytes_fill(xsMachine *the)
{
	struct Bytes target;

	takes(the, 4);
	target = partAt(the, 0, 2, 1, 0);
	memset(target.data, byteAt(the, 3), target.size);
}

void xs_bytes_compare(xsMachine *the)
{
	struct Bytes a, b;
	int order;

	takes(the, 6);
	a = partAt(the, 0, 2, 0, 0);
	b = partAt(the, 3, 5, 0, 0);
	order = memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);
	if (order == 0)
		order = (a.size > b.size) - (a.size < b.size);
	xsmcSetInteger(xsResult, (order > 0) - (order < 0));
}

void xs_bytes_isFilled(xsMachine *the)
{
	struct Bytes part;
	uint32_t value;

	takes(the, 4);
	part = partAt(the, 0, 2, 0, 0);
	value = byteAt(the, 3);
	xsmcSetFalse(xsResult);
	for (; part.size >= 4; part.size -= 4, part.data += 4) {
		uint32_t word;
		memcpy(&word, part.data, 4);
		if (word != value * 0x01010101u)
			return;
	}
	for (; part.size > 0; part.size--)
		if (*part.data++ != value)
			return;
	xsmcSetTrue(xsResult);
}

/* The CRC of (seed, bytes, offset, length); `part` becomes these bytes, `room` more must follow. */
static uint32_t crcOf(xsMachine *the, uint32_t room, struct Bytes *part)
{
	double seed;

	takes(the, 4);
	seed = numberAt(the, 0);
	if (!(seed >= 0 && seed <= 4294967295.0))
		xsRangeError("no CRC as seed");
	*part = partAt(the, 1, 3, room > 0, room);
	return ~crcUpdate(~(uint32_t)seed, part->data, part->size);
}

void xs_bytes_crc32c(xsMachine *the)
{
	struct Bytes part;

	answer(the, (double)crcOf(the, 0, &part));
}

void xs_bytes_appendCrc32c(xsMachine *the)
{
	struct Bytes part;
	uint32_t crc = crcOf(the, 4, &part);
	uint32_t k;

	for (k = 0; k < 4; k++)
		part.data[part.size + k] = (uint8_t)(crc >> (8 * k) & 0xff);
}

void xs_bytes_hash(xsMachine *the)
{
	const uint8_t *at, *end;
	struct Bytes part;
	double seed;
	uint32_t hash;

	takes(the, 4);
	seed = numberAt(the, 0);
	if (!(seed >= 0 && seed <= INTEGER_MAX) || (double)(uint64_t)seed != seed)
		xsRangeError("not an unsigned integer");
	part = partAt(the, 1, 3, 0, 0);
	hash = (0x811c9dc5u ^ (uint32_t)(uint64_t)seed) * 0x01000193u;
	hash = (hash ^ (uint32_t)((uint64_t)seed >> 32)) * 0x01000193u;
	for (at = part.data, end = at + part.size; at < end; at++)
		hash = (hash ^ *at) * 0x01000193u;
	hash = (hash ^ (hash >> 16)) * 0x85ebca6bu;
	hash = (hash ^ (hash >> 13)) * 0xc2b2ae35u;
	answer(the, (double)(hash ^ (hash >> 16)));
}

/* What the runs of integers and the arrays below begin with. */
struct Run {
	struct Bytes bytes;
	uint32_t offset, limit;
	uint8_t *row; /* the first value */
	uint32_t count, strings;
};

/* Takes (bytes, offset, limit, values, first, count[, strings]) of a call with `arguments`. */
static struct Run runOf(xsMachine *the, int arguments, int writes)
{
	double offset, limit, first, count, strings;
	struct Bytes values;
	struct Run run;

	takes(the, arguments);
	offset = numberAt(the, 1);
	limit = numberAt(the, 2);
	first = numberAt(the, 4);
	count = numberAt(the, 5);
	strings = arguments == 6 ? 0 : numberAt(the, 6);
	run.bytes = bytesAt(the, 0, writes);
	values = bytesAt(the, 3, !writes);
	check(the, offset, limit - offset, run.bytes.size);
	if (!(strings >= 0 && (arguments == 6 || count + strings < 24)))
		xsRangeError("no array of this shape");
	check(the, 8 * count, 0, values.size);
	/* A reader puts offset and length of each string behind the integers. */
	check(the, 8 * first, 8 * count + (writes ? 0 : 16 * strings), values.size);
	run.offset = (uint32_t)offset;
	run.limit = (uint32_t)limit;
	run.row = values.data + (uint32_t)first * 8;
	run.count = (uint32_t)count;
	run.strings = (uint32_t)strings;
	return run;
}

/* Writes the run's integers at `at`, or only checks them when that is NULL already. */
static uint8_t *putIntegers(xsMachine *the, const struct Run *run, uint8_t *at)
{
	uint32_t k;

	for (k = 0; k < run->count; k++) {
		double value;
		uint64_t integer;

		memcpy(&value, run->row + 8 * k, 8);
		if (!(value >= 0 && value <= INTEGER_MAX))
			xsRangeError("not an unsigned integer");
		/* The processor converts to 32 bits by itself, to 64 by a library call. */
		integer = value <= 4294967295.0 ? (uint32_t)value : (uint64_t)value;
		if ((double)integer != value)
			xsRangeError("not an unsigned integer");
		if (at != NULL)
			at = putHead(at, run->bytes.data + run->limit, 0, integer);
	}
	return at;
}

void xs_bytes_writeIntegers(xsMachine *the)
{
	struct Run run = runOf(the, 6, 1);
	const uint8_t *at = putIntegers(the, &run, run.bytes.data + run.offset);

	answer(the, at == NULL ? NO_ROOM : (double)(at - run.bytes.data));
}

void xs_bytes_readIntegers(xsMachine *the)
{
	struct Run run = runOf(the, 6, 0);
	const uint8_t *at = run.bytes.data + run.offset;
	uint64_t value;

	for (; run.count > 0; run.count--) {
		at = getHead(at, run.bytes.data + run.limit, 0, &value);
		if (at == NULL || value > (uint64_t)INTEGER_MAX) {
			xsmcSetInteger(xsResult, NOT_CANONICAL);
			return;
		}
		run.row = putValue(run.row, value);
	}
	answer(the, (double)(at - run.bytes.data));
}

void xs_bytes_writeArray(xsMachine *the)
{
	struct Run run = runOf(the, 8, 1);
	double length = numberAt(the, 7);
	const uint8_t *end = run.bytes.data + run.limit;
	uint8_t *at;

	if (!(length >= 0 && length <= 4294967295.0))
		xsRangeError("no array of this shape");
	at = putHead(run.bytes.data + run.offset, end, MAJOR_ARRAY, run.count + run.strings);
	at = putIntegers(the, &run, at);
	if (at != NULL && run.strings > 0) {
		at = putHead(at, end, MAJOR_BYTES, (uint32_t)length);
		if (at != NULL && (double)(end - at) < length)
			at = NULL;
	}
	answer(the, at == NULL ? NO_ROOM : (double)(at - run.bytes.data));
}

/* The widths of `count` integers, from `first` of the table; each must be one that a field can have. */
static const uint8_t *widthsOf(xsMachine *the, struct Bytes table, double first, uint32_t count)
{
	uint32_t k;

	check(the, first, count, table.size);
	for (k = 0; k < count; k++)
		if (table.data[(uint32_t)first + k] < 1 || table.data[(uint32_t)first + k] > 48)
			xsRangeError("no width of an integer");
	return table.data + (uint32_t)first;
}

void xs_bytes_readArray(xsMachine *the)
{
	struct Run run = runOf(the, 9, 0);
	const uint8_t *widths = widthsOf(the, bytesAt(the, 7, 0), numberAt(the, 8), run.count);
	struct Shape shape = { run.count, run.strings, widths };

	answer(the, getArray(run.bytes.data, run.offset, run.limit, &shape, run.row, run.row + 8 * run.count));
}

void xs_bytes_readRecord(xsMachine *the)
{
	double offset, limit, places;
	struct Bytes source, values, shapes;
	struct Shape shape;
	const uint8_t *at;
	uint32_t kind;
	int32_t end;

	takes(the, 6);
	offset = numberAt(the, 1);
	limit = numberAt(the, 2);
	places = numberAt(the, 4);
	source = bytesAt(the, 0, 0);
	values = bytesAt(the, 3, 1);
	shapes = bytesAt(the, 5, 0);
	check(the, offset, limit - offset, source.size);
	check(the, 8 * places, 0, values.size);
	at = source.data + (uint32_t)offset;
	xsmcSetInteger(xsResult, NOT_CANONICAL);
	if (limit - offset < 2 || at[0] >> 5 != MAJOR_ARRAY >> 5)
		return;
	kind = at[1];
	xsmcSetInteger(xsResult, UNKNOWN_KIND);
	if (kind >= 24 || (kind + 1) * SHAPE_BYTES > shapes.size || shapes.data[kind * SHAPE_BYTES] == 0)
		return;
	shape.count = shapes.data[kind * SHAPE_BYTES];
	shape.strings = shapes.data[kind * SHAPE_BYTES + 1];
	if (shape.count > SHAPE_BYTES - 2 || shape.count > places || shape.count + shape.strings > 23)
		xsRangeError("no array of this shape");
	check(the, 8 * places, 16 * (double)shape.strings, values.size);
	shape.widths = widthsOf(the, shapes, kind * SHAPE_BYTES + 2, shape.count);
	end = getArray(source.data, (uint32_t)offset, (uint32_t)limit, &shape, values.data,
		values.data + 8 * (uint32_t)places);
	xsmcSetInteger(xsResult, end < 0 ? end : end == (int32_t)limit ? (int32_t)kind : NOT_CANONICAL);
}
