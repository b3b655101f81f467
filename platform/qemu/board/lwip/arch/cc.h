/* What lwIP wants to know about the compiler and the board. */
#ifndef BALSA_LWIP_CC_H
#define BALSA_LWIP_CC_H

#include <stdint.h>
#include <stdlib.h>

extern void boardPrint(const char* text);
extern void boardRestart(void) __attribute__((noreturn));
extern uint32_t boardRandom32(void);

#define LWIP_PLATFORM_DIAG(arguments)
#define LWIP_PLATFORM_ASSERT(reason) \
	do { \
		boardPrint("lwip: " reason "\n"); \
		boardRestart(); \
	} while (0)
#define LWIP_RAND() boardRandom32()

#endif
