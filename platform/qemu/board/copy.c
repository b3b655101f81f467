/*
 * memset, memcpy and memmove by words. Those of the small C library go byte by byte, some four
 * instructions each; the engine clears the locals of every call with memset. An ESP32 has fast ones
 * in its ROM.
 */
#pragma GCC optimize("no-tree-loop-distribute-patterns") /* else a loop that copies becomes a call of these */

#include <stddef.h>
#include <stdint.h>

/* Words that may lie at any address, and be of any type: this processor loads and stores them so. */
typedef uint32_t __attribute__((may_alias, aligned(1))) Word;

void* memset(void* target, int value, size_t count)
{
	uint8_t* to = target;
	uint32_t word = (uint8_t)value * 0x01010101u;
	for (; count >= 16; count -= 16, to += 16) {
		((Word*)to)[0] = word;
		((Word*)to)[1] = word;
		((Word*)to)[2] = word;
		((Word*)to)[3] = word;
	}
	for (; count > 0; count--) *to++ = (uint8_t)value;
	return target;
}

static void copyUp(uint8_t* to, const uint8_t* from, size_t count)
{
	for (; count >= 16; count -= 16, to += 16, from += 16) {
		uint32_t a = ((const Word*)from)[0], b = ((const Word*)from)[1];
		uint32_t c = ((const Word*)from)[2], d = ((const Word*)from)[3];
		((Word*)to)[0] = a;
		((Word*)to)[1] = b;
		((Word*)to)[2] = c;
		((Word*)to)[3] = d;
	}
	for (; count > 0; count--) *to++ = *from++;
}

static void copyDown(uint8_t* to, const uint8_t* from, size_t count)
{
	for (; count >= 4; count -= 4) *(Word*)(to + count - 4) = *(const Word*)(from + count - 4);
	for (; count > 0; count--) to[count - 1] = from[count - 1];
}

void* memcpy(void* restrict target, const void* restrict source, size_t count)
{
	copyUp(target, source, count);
	return target;
}

/* Upwards a block of words is read before it is written, so it may overlap a target below it. */
void* memmove(void* target, const void* source, size_t count)
{
	if ((uintptr_t)target - (uintptr_t)source >= count) copyUp(target, source, count);
	else copyDown(target, source, count);
	return target;
}
