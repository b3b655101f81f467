/*
 * Deterministic CBOR (RFC 8949 §4.2.1) between two pointers of one buffer, without XS: the heads that
 * are written and read, and arrays of unsigned integers and byte strings. A row is made of doubles.
 */
#ifndef BALSA_CBOR_H
#define BALSA_CBOR_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define NOT_CANONICAL (-1)
#define OUT_OF_RANGE (-2)

#define MAJOR_BYTES 0x40
#define MAJOR_ARRAY 0x80

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

static uint8_t *putValue(uint8_t *row, uint64_t integer)
{
	double value = integer <= 0xffffffffu ? (double)(uint32_t)integer : (double)integer;

	memcpy(row, &value, 8);
	return row + 8;
}

/* What an array holds: integers, each of at most so many bits, and then byte strings. */
struct Shape {
	uint32_t count, strings;
	const uint8_t *widths;
};

/*
 * Reads the array of this shape that begins at `offset`: integers to `row`, offset and length of each
 * string to `places`. Returns the offset after it, or why there is none.
 */
static int32_t getArray(const uint8_t *bytes, uint32_t offset, uint32_t limit, const struct Shape *shape,
	uint8_t *row, uint8_t *places)
{
	const uint8_t *end = bytes + limit;
	const uint8_t *at;
	uint64_t value;
	uint32_t k;
	int inRange = 1;

	at = getHead(bytes + offset, end, MAJOR_ARRAY, &value);
	if (at == NULL || value != shape->count + shape->strings)
		return NOT_CANONICAL;
	for (k = 0; k < shape->count; k++) {
		at = getHead(at, end, 0, &value);
		if (at == NULL)
			return NOT_CANONICAL;
		if (value >> shape->widths[k])
			inRange = 0;
		row = putValue(row, value);
	}
	for (k = 0; k < shape->strings; k++) {
		at = getHead(at, end, MAJOR_BYTES, &value);
		if (at == NULL || value > (uint64_t)(end - at))
			return NOT_CANONICAL;
		places = putValue(places, (uint64_t)(at - bytes));
		places = putValue(places, value);
		at += (size_t)value;
	}
	return inRange ? (int32_t)(at - bytes) : OUT_OF_RANGE;
}

#endif
