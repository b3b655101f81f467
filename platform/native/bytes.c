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

#define INTEGER_MAX 9007199254740991.0 /* 2^53 - 1 */
#define NOT_CANONICAL (-1)
#define OUT_OF_RANGE (-2)
#define NO_ROOM (-1)

#define MAJOR_BYTES 0x40
#define MAJOR_ARRAY 0x80

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
	xsType type = xsmcTypeOf(xsArg(place));

	if (type == xsIntegerType)
		return xsmcToInteger(xsArg(place));
	if (type != xsNumberType)
		xsTypeError("bytes: not a number");
	return xsmcToNumber(xsArg(place));
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

	check(the, length, 0, part.size);
	check(the, offset, length + room, part.size);
	part.data += (uint32_t)offset;
	part.size = (uint32_t)length;
	return part;
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
	memset(target.data, (int)numberAt(the, 3) & 0xff, target.size);
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
	value = (uint32_t)numberAt(the, 3) & 0xff;
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

/* CRC-32C by byte (RFC 3720 appendix B.4): entry n is the CRC register after the byte n on zero. */
static const uint32_t crcTable[256] = {
	0x00000000, 0xf26b8303, 0xe13b70f7, 0x1350f3f4, 0xc79a971f, 0x35f1141c, 0x26a1e7e8, 0xd4ca64eb, 0x8ad958cf, 0x78b2dbcc, 0x6be22838, 0x9989ab3b, 0x4d43cfd0, 0xbf284cd3, 0xac78bf27, 0x5e133c24,
	0x105ec76f, 0xe235446c, 0xf165b798, 0x030e349b, 0xd7c45070, 0x25afd373, 0x36ff2087, 0xc494a384, 0x9a879fa0, 0x68ec1ca3, 0x7bbcef57, 0x89d76c54, 0x5d1d08bf, 0xaf768bbc, 0xbc267848, 0x4e4dfb4b,
	0x20bd8ede, 0xd2d60ddd, 0xc186fe29, 0x33ed7d2a, 0xe72719c1, 0x154c9ac2, 0x061c6936, 0xf477ea35, 0xaa64d611, 0x580f5512, 0x4b5fa6e6, 0xb93425e5, 0x6dfe410e, 0x9f95c20d, 0x8cc531f9, 0x7eaeb2fa,
	0x30e349b1, 0xc288cab2, 0xd1d83946, 0x23b3ba45, 0xf779deae, 0x05125dad, 0x1642ae59, 0xe4292d5a, 0xba3a117e, 0x4851927d, 0x5b016189, 0xa96ae28a, 0x7da08661, 0x8fcb0562, 0x9c9bf696, 0x6ef07595,
	0x417b1dbc, 0xb3109ebf, 0xa0406d4b, 0x522bee48, 0x86e18aa3, 0x748a09a0, 0x67dafa54, 0x95b17957, 0xcba24573, 0x39c9c670, 0x2a993584, 0xd8f2b687, 0x0c38d26c, 0xfe53516f, 0xed03a29b, 0x1f682198,
	0x5125dad3, 0xa34e59d0, 0xb01eaa24, 0x42752927, 0x96bf4dcc, 0x64d4cecf, 0x77843d3b, 0x85efbe38, 0xdbfc821c, 0x2997011f, 0x3ac7f2eb, 0xc8ac71e8, 0x1c661503, 0xee0d9600, 0xfd5d65f4, 0x0f36e6f7,
	0x61c69362, 0x93ad1061, 0x80fde395, 0x72966096, 0xa65c047d, 0x5437877e, 0x4767748a, 0xb50cf789, 0xeb1fcbad, 0x197448ae, 0x0a24bb5a, 0xf84f3859, 0x2c855cb2, 0xdeeedfb1, 0xcdbe2c45, 0x3fd5af46,
	0x7198540d, 0x83f3d70e, 0x90a324fa, 0x62c8a7f9, 0xb602c312, 0x44694011, 0x5739b3e5, 0xa55230e6, 0xfb410cc2, 0x092a8fc1, 0x1a7a7c35, 0xe811ff36, 0x3cdb9bdd, 0xceb018de, 0xdde0eb2a, 0x2f8b6829,
	0x82f63b78, 0x709db87b, 0x63cd4b8f, 0x91a6c88c, 0x456cac67, 0xb7072f64, 0xa457dc90, 0x563c5f93, 0x082f63b7, 0xfa44e0b4, 0xe9141340, 0x1b7f9043, 0xcfb5f4a8, 0x3dde77ab, 0x2e8e845f, 0xdce5075c,
	0x92a8fc17, 0x60c37f14, 0x73938ce0, 0x81f80fe3, 0x55326b08, 0xa759e80b, 0xb4091bff, 0x466298fc, 0x1871a4d8, 0xea1a27db, 0xf94ad42f, 0x0b21572c, 0xdfeb33c7, 0x2d80b0c4, 0x3ed04330, 0xccbbc033,
	0xa24bb5a6, 0x502036a5, 0x4370c551, 0xb11b4652, 0x65d122b9, 0x97baa1ba, 0x84ea524e, 0x7681d14d, 0x2892ed69, 0xdaf96e6a, 0xc9a99d9e, 0x3bc21e9d, 0xef087a76, 0x1d63f975, 0x0e330a81, 0xfc588982,
	0xb21572c9, 0x407ef1ca, 0x532e023e, 0xa145813d, 0x758fe5d6, 0x87e466d5, 0x94b49521, 0x66df1622, 0x38cc2a06, 0xcaa7a905, 0xd9f75af1, 0x2b9cd9f2, 0xff56bd19, 0x0d3d3e1a, 0x1e6dcdee, 0xec064eed,
	0xc38d26c4, 0x31e6a5c7, 0x22b65633, 0xd0ddd530, 0x0417b1db, 0xf67c32d8, 0xe52cc12c, 0x1747422f, 0x49547e0b, 0xbb3ffd08, 0xa86f0efc, 0x5a048dff, 0x8ecee914, 0x7ca56a17, 0x6ff599e3, 0x9d9e1ae0,
	0xd3d3e1ab, 0x21b862a8, 0x32e8915c, 0xc083125f, 0x144976b4, 0xe622f5b7, 0xf5720643, 0x07198540, 0x590ab964, 0xab613a67, 0xb831c993, 0x4a5a4a90, 0x9e902e7b, 0x6cfbad78, 0x7fab5e8c, 0x8dc0dd8f,
	0xe330a81a, 0x115b2b19, 0x020bd8ed, 0xf0605bee, 0x24aa3f05, 0xd6c1bc06, 0xc5914ff2, 0x37faccf1, 0x69e9f0d5, 0x9b8273d6, 0x88d28022, 0x7ab90321, 0xae7367ca, 0x5c18e4c9, 0x4f48173d, 0xbd23943e,
	0xf36e6f75, 0x0105ec76, 0x12551f82, 0xe03e9c81, 0x34f4f86a, 0xc69f7b69, 0xd5cf889d, 0x27a40b9e, 0x79b737ba, 0x8bdcb4b9, 0x988c474d, 0x6ae7c44e, 0xbe2da0a5, 0x4c4623a6, 0x5f16d052, 0xad7d5351,
};

/* The CRC of (seed, bytes, offset, length); `part` becomes these bytes, `room` more must follow. */
static uint32_t crcOf(xsMachine *the, uint32_t room, struct Bytes *part)
{
	const uint8_t *at, *end;
	double seed;
	uint32_t crc;

	takes(the, 4);
	seed = numberAt(the, 0);
	if (!(seed >= 0 && seed <= 4294967295.0))
		xsRangeError("no CRC as seed");
	*part = partAt(the, 1, 3, room > 0, room);
	crc = ~(uint32_t)seed;
	for (at = part->data, end = at + part->size; at < end; at++)
		crc = (crc >> 8) ^ crcTable[(crc ^ *at) & 0xff];
	return ~crc;
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

/* Deterministic CBOR heads (RFC 8949 §3, §4.2.1), between two pointers of one buffer. */

/* Returns the place after the head of `major` with `value`, or NULL when it does not fit. */
static uint8_t *putHead(uint8_t *at, const uint8_t *end, uint32_t major, uint64_t value)
{
	ptrdiff_t size = value < 24 ? 0 : value < 0x100 ? 1 : value < 0x10000 ? 2 : value <= 0xffffffffu ? 4 : 8;
	ptrdiff_t k;

	if (end - at < 1 + size)
		return NULL;
	if (size == 0) {
		*at = (uint8_t)(major | (uint32_t)value);
		return at + 1;
	}
	*at++ = (uint8_t)(major | (size == 1 ? 24u : size == 2 ? 25u : size == 4 ? 26u : 27u));
	for (k = size - 1; k >= 0; k--) {
		at[k] = (uint8_t)(value & 0xff);
		value >>= 8;
	}
	return at + size;
}

/* Returns the place after a head of `major` in its shortest form, or NULL when there is none. */
static const uint8_t *getHead(const uint8_t *at, const uint8_t *end, uint32_t major, uint64_t *value)
{
	uint32_t first, size, k;
	uint64_t read = 0;

	if (at >= end)
		return NULL;
	first = *at++ ^ major;
	if (first < 24) {
		*value = first;
		return at;
	}
	if (first > 27)
		return NULL;
	size = 1u << (first - 24);
	if (end - at < (ptrdiff_t)size)
		return NULL;
	for (k = 0; k < size; k++)
		read = (read << 8) | *at++;
	if (read < (size == 1 ? 24u : size == 2 ? 0x100u : size == 4 ? 0x10000u : 0x100000000u))
		return NULL;
	*value = read;
	return at;
}

/* The arguments that the four functions below begin with. */
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

static uint8_t *putValue(uint8_t *row, uint64_t integer)
{
	double value = integer <= 0xffffffffu ? (double)(uint32_t)integer : (double)integer;

	memcpy(row, &value, 8);
	return row + 8;
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

/* Reads one array of the run's shape; returns the offset after it, or why there is none. */
static int32_t getArray(struct Run *run, const uint8_t *widths)
{
	const uint8_t *end = run->bytes.data + run->limit;
	const uint8_t *at;
	uint64_t value;
	int inRange = 1;

	at = getHead(run->bytes.data + run->offset, end, MAJOR_ARRAY, &value);
	if (at == NULL || value != run->count + run->strings)
		return NOT_CANONICAL;
	for (; run->count > 0; run->count--) {
		at = getHead(at, end, 0, &value);
		if (at == NULL)
			return NOT_CANONICAL;
		if (value >> *widths++)
			inRange = 0;
		run->row = putValue(run->row, value);
	}
	for (; run->strings > 0; run->strings--) {
		at = getHead(at, end, MAJOR_BYTES, &value);
		if (at == NULL || value > (uint64_t)(end - at))
			return NOT_CANONICAL;
		run->row = putValue(run->row, (uint64_t)(at - run->bytes.data));
		run->row = putValue(run->row, value);
		at += (size_t)value;
	}
	return inRange ? (int32_t)(at - run->bytes.data) : OUT_OF_RANGE;
}

void xs_bytes_readArray(xsMachine *the)
{
	struct Run run = runOf(the, 9, 0);
	double first = numberAt(the, 8);
	struct Bytes widths = bytesAt(the, 7, 0);
	uint32_t k;

	check(the, first, run.count, widths.size);
	widths.data += (uint32_t)first;
	for (k = 0; k < run.count; k++)
		if (widths.data[k] < 1 || widths.data[k] > 48)
			xsRangeError("no width of an integer");
	answer(the, getArray(&run, widths.data));
}
