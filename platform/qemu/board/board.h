/*
 * What the board's drivers offer to the engine and to each other; the host program has its own
 * (../host/drivers.c). Numbers are in the units of their names.
 */
#ifndef BALSA_BOARD_H
#define BALSA_BOARD_H

#include <stddef.h>
#include <stdint.h>

/* Console. Text is CESU-8 as the engine has it, printed as UTF-8. */
void boardPrint(const char* text);
/* Ends the emulator (or the program) with an exit code. */
__attribute__((noreturn)) void boardExit(int code);
/* Resets the chip; flash stays, memory does not. */
__attribute__((noreturn)) void boardRestart(void);

/* For programs that do not turn: until the next restart nothing watches. */
void boardStopWatchdog(void);

/* Since boot, monotone, never wrapping. */
uint64_t boardMicroseconds(void);
/* Not for secrets that outlive an attacker who reads the flash image: see entropy.c. */
uint32_t boardRandom32(void);

/* Bytes of the machine stack that were ever in use; 0 where it is not known. */
unsigned boardStackPeak(void);
/* Bytes of C heap that were taken. */
unsigned boardHeapUsed(void);

/* Flash, NOR rules; each returns null, or why it did nothing. */
enum { FLASH_SECTOR_BYTES = 4096, FLASH_PAGE_BYTES = 256 };
uint32_t flashBytes(void);
const char* flashRead(double offset, uint8_t* target, uint32_t length);
const char* flashProgram(double offset, const uint8_t* source, uint32_t length);
const char* flashErase(double offset);
/* What a page program and a sector erase take from now on; 0 is none. */
void flashSetTimes(uint32_t pageMicroseconds, uint32_t eraseMilliseconds);

/* One UDP socket with bounded queues. */
enum { REFUSAL_REASONS = 12 };
typedef struct {
	uint32_t framesReceived;
	uint32_t framesSent;
	uint32_t datagramsReceived;
	uint32_t datagramsSent;
	uint32_t droppedReceiving;
	uint32_t droppedSending;
	/* By the negative of a reason of core/wire/drops.ts. */
	uint32_t refused[REFUSAL_REASONS];
} NetworkCounters;
extern NetworkCounters networkCounters;
/* The loop and the interrupt of the controller both count. */
static inline void countDrop(uint32_t* counter) { __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED); }
enum { DATAGRAM_BYTES_MAX = 1472 };
/* Returns 0, or -1 if the port cannot be bound. */
int datagramOpen(uint16_t port);
/* From now on only what these heads and this seed let through (platform/native/gate.h); 0 if there is no room for them. */
int datagramHear(const uint8_t* heads, uint32_t bytes, uint32_t seed, uint32_t memberSeed);
/* In the interrupt: false, and counted, if the frame holds a datagram that the node would drop. */
int datagramIsWanted(const uint8_t* frame, uint32_t bytes);
/* Returns the length, 0 if there is none; longer than `bytes` and empty ones are dropped and counted. */
uint32_t datagramReceive(uint8_t* target, uint32_t bytes, uint32_t* address, uint16_t* port);
void datagramSend(uint32_t address, uint16_t port, const uint8_t* source, uint32_t length);
/* Our own IPv4 address, most significant byte first. */
uint32_t networkAddress(void);

#endif
