/*
 * The native twin of core/bytes.ts, for every board: an interpreter pays some 500 instructions for
 * each byte that it touches. It knows XS by xsmc.h alone, so QEMU and ESP32 compile it alike. What
 * each function does, takes and returns stands in core/bytes.ts; the same tests hold both equal.
 *
 * Two rules keep it sound. All numbers are taken before any buffer: a conversion may run script,
 * and script may move a buffer. And nothing is read through a wider pointer than its bytes allow:
 * doubles and words go through memcpy, which the compiler turns into one load where it may.
 */
#include "xsmc.h"

#include <stdint.h>
#include <string.h>

#define INTEGER_MAX 9007199254740991.0 /* 2^53 - 1 */
#define NOT_CANONICAL (-1)
#define OUT_OF_RANGE (-2)

#define MAJOR_BYTES 0x40
#define MAJOR_ARRAY 0x80

struct Span {
	uint8_t *data;
	uint32_t size;
};

static void takes(xsMachine *the, int count)
{
	if (xsmcArgc != count)
		xsTypeError("bytes: arguments missing");
}

static double numberAt(xsMachine *the, int place)
{
	return xsmcToNumber(xsArg(place));
}

static struct Span spanAt(xsMachine *the, int place, int writable)
{
	struct Span span;
	void *data = NULL;
	xsUnsignedValue size = 0;

	if (writable)
		(void)xsmcGetBufferWritable(xsArg(place), &data, &size);
	else
		(void)xsmcGetBufferReadable(xsArg(place), &data, &size);
	span.data = data;
	span.size = size;
	return span;
}

/* Throws unless [offset, offset + length) lies inside `size` bytes; NaN fails every comparison. */
static void check(xsMachine *the, double offset, double length, uint32_t size)
{
	if (!(offset >= 0 && length >= 0 && offset + length <= (double)size))
		xsRangeError("outside the bytes");
}

/* The same for `count` values of 8 bytes from index `first`. */
static void checkValues(xsMachine *the, double first, double count, uint32_t size)
{
	if (!(first >= 0 && count >= 0 && first + count <= (double)(size / 8)))
		xsRangeError("outside the values");
}

static void answer(xsMachine *the, double value)
{
	if (value >= -1073741824.0 && value <= 1073741823.0)
		xsmcSetInteger(xsResult, (xsIntegerValue)value);
	else
		xsmcSetNumber(xsResult, value);
}

void xs_bytes_copy(xsMachine *the)
{
	double targetOffset, sourceOffset, length;
	struct Span target, source;

	takes(the, 5);
	targetOffset = numberAt(the, 1);
	sourceOffset = numberAt(the, 3);
	length = numberAt(the, 4);
	target = spanAt(the, 0, 1);
	source = spanAt(the, 2, 0);
	check(the, targetOffset, length, target.size);
	check(the, sourceOffset, length, source.size);
	if (length > 0)
		memmove(target.data + (uint32_t)targetOffset, source.data + (uint32_t)sourceOffset, (size_t)length);
}

void xs_bytes_fill(xsMachine *the)
{
	double offset, length;
	int value;
	struct Span target;

	takes(the, 4);
	offset = numberAt(the, 1);
	length = numberAt(the, 2);
	value = (int)xsmcToInteger(xsArg(3));
	target = spanAt(the, 0, 1);
	check(the, offset, length, target.size);
	if (length > 0)
		memset(target.data + (uint32_t)offset, value & 0xff, (size_t)length);
}

void xs_bytes_compare(xsMachine *the)
{
	double aOffset, aLength, bOffset, bLength;
	struct Span a, b;
	int order = 0;

	takes(the, 6);
	aOffset = numberAt(the, 1);
	aLength = numberAt(the, 2);
	bOffset = numberAt(the, 4);
	bLength = numberAt(the, 5);
	a = spanAt(the, 0, 0);
	b = spanAt(the, 3, 0);
	check(the, aOffset, aLength, a.size);
	check(the, bOffset, bLength, b.size);
	if (aLength > 0 && bLength > 0)
		order = memcmp(a.data + (uint32_t)aOffset, b.data + (uint32_t)bOffset,
			(size_t)(aLength < bLength ? aLength : bLength));
	if (order == 0)
		order = (aLength > bLength) - (aLength < bLength);
	xsmcSetInteger(xsResult, (order > 0) - (order < 0));
}

void xs_bytes_isFilled(xsMachine *the)
{
	double offset, length;
	uint32_t value, words, left;
	const uint8_t *at;
	struct Span bytes;

	takes(the, 4);
	offset = numberAt(the, 1);
	length = numberAt(the, 2);
	value = (uint32_t)xsmcToInteger(xsArg(3)) & 0xff;
	bytes = spanAt(the, 0, 0);
	check(the, offset, length, bytes.size);
	xsmcSetFalse(xsResult);
	if (length > 0) {
		at = bytes.data + (uint32_t)offset;
		left = (uint32_t)length;
		words = value * 0x01010101u;
		for (; left >= 4; left -= 4, at += 4) {
			uint32_t word;
			memcpy(&word, at, 4);
			if (word != words)
				return;
		}
		for (; left > 0; left--)
			if (*at++ != value)
				return;
	}
	xsmcSetTrue(xsResult);
}

/* CRC-32C by byte (RFC 3720 appendix B.4): entry n is the CRC register after the byte n on zero. */
static const uint32_t crcTable[256] = {
	0x00000000, 0xf26b8303, 0xe13b70f7, 0x1350f3f4, 0xc79a971f, 0x35f1141c, 0x26a1e7e8, 0xd4ca64eb,
	0x8ad958cf, 0x78b2dbcc, 0x6be22838, 0x9989ab3b, 0x4d43cfd0, 0xbf284cd3, 0xac78bf27, 0x5e133c24,
	0x105ec76f, 0xe235446c, 0xf165b798, 0x030e349b, 0xd7c45070, 0x25afd373, 0x36ff2087, 0xc494a384,
	0x9a879fa0, 0x68ec1ca3, 0x7bbcef57, 0x89d76c54, 0x5d1d08bf, 0xaf768bbc, 0xbc267848, 0x4e4dfb4b,
	0x20bd8ede, 0xd2d60ddd, 0xc186fe29, 0x33ed7d2a, 0xe72719c1, 0x154c9ac2, 0x061c6936, 0xf477ea35,
	0xaa64d611, 0x580f5512, 0x4b5fa6e6, 0xb93425e5, 0x6dfe410e, 0x9f95c20d, 0x8cc531f9, 0x7eaeb2fa,
	0x30e349b1, 0xc288cab2, 0xd1d83946, 0x23b3ba45, 0xf779deae, 0x05125dad, 0x1642ae59, 0xe4292d5a,
	0xba3a117e, 0x4851927d, 0x5b016189, 0xa96ae28a, 0x7da08661, 0x8fcb0562, 0x9c9bf696, 0x6ef07595,
	0x417b1dbc, 0xb3109ebf, 0xa0406d4b, 0x522bee48, 0x86e18aa3, 0x748a09a0, 0x67dafa54, 0x95b17957,
	0xcba24573, 0x39c9c670, 0x2a993584, 0xd8f2b687, 0x0c38d26c, 0xfe53516f, 0xed03a29b, 0x1f682198,
	0x5125dad3, 0xa34e59d0, 0xb01eaa24, 0x42752927, 0x96bf4dcc, 0x64d4cecf, 0x77843d3b, 0x85efbe38,
	0xdbfc821c, 0x2997011f, 0x3ac7f2eb, 0xc8ac71e8, 0x1c661503, 0xee0d9600, 0xfd5d65f4, 0x0f36e6f7,
	0x61c69362, 0x93ad1061, 0x80fde395, 0x72966096, 0xa65c047d, 0x5437877e, 0x4767748a, 0xb50cf789,
	0xeb1fcbad, 0x197448ae, 0x0a24bb5a, 0xf84f3859, 0x2c855cb2, 0xdeeedfb1, 0xcdbe2c45, 0x3fd5af46,
	0x7198540d, 0x83f3d70e, 0x90a324fa, 0x62c8a7f9, 0xb602c312, 0x44694011, 0x5739b3e5, 0xa55230e6,
	0xfb410cc2, 0x092a8fc1, 0x1a7a7c35, 0xe811ff36, 0x3cdb9bdd, 0xceb018de, 0xdde0eb2a, 0x2f8b6829,
	0x82f63b78, 0x709db87b, 0x63cd4b8f, 0x91a6c88c, 0x456cac67, 0xb7072f64, 0xa457dc90, 0x563c5f93,
	0x082f63b7, 0xfa44e0b4, 0xe9141340, 0x1b7f9043, 0xcfb5f4a8, 0x3dde77ab, 0x2e8e845f, 0xdce5075c,
	0x92a8fc17, 0x60c37f14, 0x73938ce0, 0x81f80fe3, 0x55326b08, 0xa759e80b, 0xb4091bff, 0x466298fc,
	0x1871a4d8, 0xea1a27db, 0xf94ad42f, 0x0b21572c, 0xdfeb33c7, 0x2d80b0c4, 0x3ed04330, 0xccbbc033,
	0xa24bb5a6, 0x502036a5, 0x4370c551, 0xb11b4652, 0x65d122b9, 0x97baa1ba, 0x84ea524e, 0x7681d14d,
	0x2892ed69, 0xdaf96e6a, 0xc9a99d9e, 0x3bc21e9d, 0xef087a76, 0x1d63f975, 0x0e330a81, 0xfc588982,
	0xb21572c9, 0x407ef1ca, 0x532e023e, 0xa145813d, 0x758fe5d6, 0x87e466d5, 0x94b49521, 0x66df1622,
	0x38cc2a06, 0xcaa7a905, 0xd9f75af1, 0x2b9cd9f2, 0xff56bd19, 0x0d3d3e1a, 0x1e6dcdee, 0xec064eed,
	0xc38d26c4, 0x31e6a5c7, 0x22b65633, 0xd0ddd530, 0x0417b1db, 0xf67c32d8, 0xe52cc12c, 0x1747422f,
	0x49547e0b, 0xbb3ffd08, 0xa86f0efc, 0x5a048dff, 0x8ecee914, 0x7ca56a17, 0x6ff599e3, 0x9d9e1ae0,
	0xd3d3e1ab, 0x21b862a8, 0x32e8915c, 0xc083125f, 0x144976b4, 0xe622f5b7, 0xf5720643, 0x07198540,
	0x590ab964, 0xab613a67, 0xb831c993, 0x4a5a4a90, 0x9e902e7b, 0x6cfbad78, 0x7fab5e8c, 0x8dc0dd8f,
	0xe330a81a, 0x115b2b19, 0x020bd8ed, 0xf0605bee, 0x24aa3f05, 0xd6c1bc06, 0xc5914ff2, 0x37faccf1,
	0x69e9f0d5, 0x9b8273d6, 0x88d28022, 0x7ab90321, 0xae7367ca, 0x5c18e4c9, 0x4f48173d, 0xbd23943e,
	0xf36e6f75, 0x0105ec76, 0x12551f82, 0xe03e9c81, 0x34f4f86a, 0xc69f7b69, 0xd5cf889d, 0x27a40b9e,
	0x79b737ba, 0x8bdcb4b9, 0x988c474d, 0x6ae7c44e, 0xbe2da0a5, 0x4c4623a6, 0x5f16d052, 0xad7d5351,
};

/* The CRC of a call's bytes (seed, bytes, offset, length); `*after` is the place behind them. */
static uint32_t crcOf(xsMachine *the, uint32_t room, uint8_t **after)
{
	double seed, offset, length;
	struct Span bytes;
	const uint8_t *at;
	uint32_t crc;

	takes(the, 4);
	seed = numberAt(the, 0);
	offset = numberAt(the, 2);
	length = numberAt(the, 3);
	bytes = spanAt(the, 1, room > 0);
	if (!(seed >= 0 && seed <= 4294967295.0))
		xsRangeError("no CRC as seed");
	check(the, length, 0, bytes.size);
	check(the, offset, length + room, bytes.size);
	crc = ~(uint32_t)seed;
	at = bytes.data + (uint32_t)offset;
	*after = bytes.data + (uint32_t)offset + (uint32_t)length;
	while (at < *after)
		crc = (crc >> 8) ^ crcTable[(crc ^ *at++) & 0xff];
	return ~crc;
}

void xs_bytes_crc32c(xsMachine *the)
{
	uint8_t *after;

	answer(the, (double)crcOf(the, 0, &after));
}

void xs_bytes_appendCrc32c(xsMachine *the)
{
	uint8_t *after;
	uint32_t crc = crcOf(the, 4, &after);

	after[0] = (uint8_t)(crc & 0xff);
	after[1] = (uint8_t)(crc >> 8 & 0xff);
	after[2] = (uint8_t)(crc >> 16 & 0xff);
	after[3] = (uint8_t)(crc >> 24);
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

static uint8_t *putIntegers(xsMachine *the, uint8_t *at, const uint8_t *end, const uint8_t *values, uint32_t count)
{
	for (; count > 0; count--, values += 8) {
		double value;
		uint64_t integer;

		memcpy(&value, values, 8);
		if (!(value >= 0 && value <= INTEGER_MAX))
			xsRangeError("not an unsigned integer");
		/* The processor converts to 32 bits by itself, to 64 by a library call. */
		integer = value <= 4294967295.0 ? (uint32_t)value : (uint64_t)value;
		if ((double)integer != value)
			xsRangeError("not an unsigned integer");
		if (at != NULL)
			at = putHead(at, end, 0, integer);
	}
	return at;
}

static uint8_t *putValue(uint8_t *values, uint64_t integer)
{
	double value = integer <= 0xffffffffu ? (double)(uint32_t)integer : (double)integer;

	memcpy(values, &value, 8);
	return values + 8;
}

void xs_bytes_writeIntegers(xsMachine *the)
{
	double offset, limit, from, count;
	struct Span target, values;
	uint8_t *at;

	takes(the, 6);
	offset = numberAt(the, 1);
	limit = numberAt(the, 2);
	from = numberAt(the, 4);
	count = numberAt(the, 5);
	target = spanAt(the, 0, 1);
	values = spanAt(the, 3, 0);
	check(the, offset, limit - offset, target.size);
	checkValues(the, from, count, values.size);
	at = putIntegers(the, target.data + (uint32_t)offset, target.data + (uint32_t)limit,
		values.data + (uint32_t)from * 8, (uint32_t)count);
	answer(the, at == NULL ? NOT_CANONICAL : (double)(at - target.data));
}

void xs_bytes_readIntegers(xsMachine *the)
{
	double offset, limit, to, count;
	struct Span source, values;
	const uint8_t *at, *end;
	uint8_t *row;
	uint32_t left;

	takes(the, 6);
	offset = numberAt(the, 1);
	limit = numberAt(the, 2);
	to = numberAt(the, 4);
	count = numberAt(the, 5);
	source = spanAt(the, 0, 0);
	values = spanAt(the, 3, 1);
	check(the, offset, limit - offset, source.size);
	checkValues(the, to, count, values.size);
	at = source.data + (uint32_t)offset;
	end = source.data + (uint32_t)limit;
	row = values.data + (uint32_t)to * 8;
	for (left = (uint32_t)count; left > 0; left--) {
		uint64_t value;
		at = getHead(at, end, 0, &value);
		if (at == NULL || value > (uint64_t)INTEGER_MAX) {
			xsmcSetInteger(xsResult, NOT_CANONICAL);
			return;
		}
		row = putValue(row, value);
	}
	answer(the, (double)(at - source.data));
}

void xs_bytes_writeArray(xsMachine *the)
{
	double offset, limit, from, count, strings, length;
	struct Span target, values;
	uint8_t *at;
	const uint8_t *end;

	takes(the, 8);
	offset = numberAt(the, 1);
	limit = numberAt(the, 2);
	from = numberAt(the, 4);
	count = numberAt(the, 5);
	strings = numberAt(the, 6);
	length = numberAt(the, 7);
	target = spanAt(the, 0, 1);
	values = spanAt(the, 3, 0);
	check(the, offset, limit - offset, target.size);
	checkValues(the, from, count, values.size);
	if (!(strings >= 0 && count + strings < 24 && length >= 0 && length <= 4294967295.0))
		xsRangeError("no array of this shape");
	end = target.data + (uint32_t)limit;
	at = putHead(target.data + (uint32_t)offset, end, MAJOR_ARRAY, (uint32_t)(count + strings));
	at = putIntegers(the, at, end, values.data + (uint32_t)from * 8, (uint32_t)count);
	if (at != NULL && strings > 0) {
		at = putHead(at, end, MAJOR_BYTES, (uint32_t)length);
		if (at != NULL && (double)(end - at) < length)
			at = NULL;
	}
	answer(the, at == NULL ? NOT_CANONICAL : (double)(at - target.data));
}

/* The shape of an array to read: integers with their widths, then byte strings. */
struct Shape {
	const uint8_t *widths;
	uint32_t count;
	uint32_t strings;
};

/* Reads one array into `row`; returns the offset after it from `source`, or why there is none. */
static int32_t getArray(const uint8_t *source, const uint8_t *at, const uint8_t *end, struct Shape shape, uint8_t *row)
{
	uint64_t value;
	int32_t status = 0;

	at = getHead(at, end, MAJOR_ARRAY, &value);
	if (at == NULL || value != shape.count + shape.strings)
		return NOT_CANONICAL;
	for (; shape.count > 0; shape.count--) {
		at = getHead(at, end, 0, &value);
		if (at == NULL)
			return NOT_CANONICAL;
		if (value >> *shape.widths++)
			status = OUT_OF_RANGE;
		row = putValue(row, value);
	}
	for (; shape.strings > 0; shape.strings--) {
		at = getHead(at, end, MAJOR_BYTES, &value);
		if (at == NULL || value > (uint64_t)(end - at))
			return NOT_CANONICAL;
		row = putValue(row, (uint64_t)(at - source));
		row = putValue(row, value);
		at += (size_t)value;
	}
	return status < 0 ? status : (int32_t)(at - source);
}

void xs_bytes_readArray(xsMachine *the)
{
	double offset, limit, to, first, count, strings;
	struct Span source, values, widths;
	struct Shape shape;
	uint32_t k;

	takes(the, 9);
	offset = numberAt(the, 1);
	limit = numberAt(the, 2);
	to = numberAt(the, 4);
	first = numberAt(the, 6);
	count = numberAt(the, 7);
	strings = numberAt(the, 8);
	source = spanAt(the, 0, 0);
	values = spanAt(the, 3, 1);
	widths = spanAt(the, 5, 0);
	check(the, offset, limit - offset, source.size);
	check(the, first, count, widths.size);
	if (!(strings >= 0 && count + strings < 24))
		xsRangeError("no array of this shape");
	checkValues(the, to, count + 2 * strings, values.size);
	shape.widths = widths.data + (uint32_t)first;
	shape.count = (uint32_t)count;
	shape.strings = (uint32_t)strings;
	for (k = 0; k < shape.count; k++)
		if (shape.widths[k] < 1 || shape.widths[k] > 48)
			xsRangeError("no width of an integer");
	answer(the, getArray(source.data, source.data + (uint32_t)offset, source.data + (uint32_t)limit, shape,
		values.data + (uint32_t)to * 8));
}
