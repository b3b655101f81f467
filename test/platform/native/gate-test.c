/*
 * platform/native/gate.h, driven by lines of standard input:
 *   hear SEED MEMBERSEED HEADS        what the node listens to, in hexadecimal; answers nothing
 *   MILLISECONDS BYTES     a datagram in hexadecimal; answers the verdict
 * A datagram is given to the checksum in two pieces, as an IP stack may hand it over.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate.h"

#define LINE_BYTES 8192U

static struct Gate gate;

static uint32_t bytesOf(const char *text, uint8_t *target)
{
	uint32_t count = 0;
	unsigned byte;

	for (; sscanf(text, "%2x", &byte) == 1; text += 2)
		target[count++] = (uint8_t)byte;
	return count;
}

static int verdictOf(const uint8_t *bytes, uint32_t length, uint32_t milliseconds)
{
	uint8_t head[GATE_HEAD_BYTES] = {0};
	uint32_t cut = length / 3U, crc;
	int reason;

	memcpy(head, bytes, length < sizeof head ? length : sizeof head);
	reason = gateHead(&gate, head, length);
	if (reason < 0)
		return reason;
	crc = crcUpdate(gateCrc(&gate, bytes), bytes, cut);
	return gateJudge(&gate, head, crcUpdate(crc, bytes + cut, length - cut), milliseconds);
}

int main(void)
{
	static char line[LINE_BYTES];
	static uint8_t bytes[LINE_BYTES / 2U];

	while (fgets(line, sizeof line, stdin) != NULL) {
		char *rest;

		if (strncmp(line, "hear ", 5) == 0) {
			uint32_t seed = (uint32_t)strtoul(line + 5, &rest, 10);
			uint32_t memberSeed = (uint32_t)strtoul(rest + 1, &rest, 10);
			uint32_t length = bytesOf(rest + 1, bytes);
			if (!gateHear(&gate, bytes, length, seed, memberSeed))
				return 1;
		} else {
			uint32_t milliseconds = (uint32_t)strtoul(line, &rest, 10);
			uint32_t length = bytesOf(rest + 1, bytes);
			printf("%d\n", verdictOf(bytes, length, milliseconds));
		}
	}
	return 0;
}
