/* The first UART (CMSDK), as a console for lines of text. */
#include "registers.h"

#include "board.h"

enum { DATA = 0x00, STATE = 0x04, CONTROL = 0x08, DIVISOR = 0x10 };

void consoleInitialize(void)
{
	REGISTER(UART0 + DIVISOR) = 16; /* the least that it takes */
	REGISTER(UART0 + CONTROL) = 1;
}

static void put(unsigned c)
{
	while (REGISTER(UART0 + STATE) & 1)
		;
	REGISTER(UART0 + DATA) = c & 0xff;
}

/* A pair of surrogates, three bytes each in CESU-8, becomes four bytes of UTF-8 (Unicode TR 26). */
void boardPrint(const char* text)
{
	const unsigned char* p = (const unsigned char*)text;
	while (*p) {
		if (p[0] == 0xed && (p[1] & 0xf0) == 0xa0 && p[2] && p[3] == 0xed && (p[4] & 0xf0) == 0xb0 && p[5]) {
			uint32_t high = (p[1] & 0x0fu) << 6 | (p[2] & 0x3fu), low = (p[4] & 0x0fu) << 6 | (p[5] & 0x3fu);
			uint32_t c = 0x10000 + (high << 10 | low);
			put(0xf0 | c >> 18);
			put(0x80 | (c >> 12 & 0x3f));
			put(0x80 | (c >> 6 & 0x3f));
			put(0x80 | (c & 0x3f));
			p += 6;
		}
		else put(*p++);
	}
}
