/*
 * Random numbers: xoshiro128** (Blackman and Vigna, 2018), seeded from what differs between two boards
 * and two starts. The board has no noise source: the launcher writes 16 random bytes into the control
 * block of the flash file (control.h) before a start, and each start leaves a new seed there, so that
 * a reset without the launcher does not repeat itself. Without a seed only the address and the time
 * differ. It serves election jitter, nonces and cluster ids; it is no source for long-lived keys.
 */
#include "registers.h"

#include "board.h"
#include "control.h"

static uint32_t state[4];

static uint32_t rotate(uint32_t value, int bits) { return value << bits | value >> (32 - bits); }

static uint32_t next(void)
{
	uint32_t result = rotate(state[1] * 5, 7) * 9, shifted = state[1] << 9;
	state[2] ^= state[0];
	state[3] ^= state[1];
	state[1] ^= state[2];
	state[0] ^= state[3];
	state[2] ^= shifted;
	state[3] = rotate(state[3], 11);
	return result;
}

static void mix(uint32_t value)
{
	state[0] ^= value;
	if (!(state[0] | state[1] | state[2] | state[3])) state[0] = 0x9e3779b9;
	for (int i = 0; i < 16; i++) next();
}

void entropyInitialize(void)
{
	volatile uint32_t* seed = CONTROL->seed;
	for (int i = 0; i < 4; i++) state[i] = seed[i];
	mix(networkAddress());
	mix((uint32_t)boardMicroseconds());
	for (int i = 0; i < 4; i++) seed[i] = next();
	mix(0x62616c73);
}

uint32_t boardRandom32(void) { return next(); }
