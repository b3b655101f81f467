/* Arm MPS2+ with application note 500 (QEMU's mps2-an500): Cortex-M7, LAN9118, 16 MiB PSRAM. */
#ifndef BALSA_REGISTERS_H
#define BALSA_REGISTERS_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t*)(uintptr_t)(address))

#define CODE_BASE 0x00000000u
#define CODE_BYTES 0x00400000u
#define TIMER0 0x40000000u
#define TIMER1 0x40001000u
#define UART0 0x40004000u
#define WATCHDOG 0x40008000u
#define FPGAIO 0x40028000u
#define PSRAM 0x60000000u
#define PSRAM_BYTES 0x01000000u
#define LAN9118 0xa0000000u

#define NVIC_ENABLE 0xe000e100u
#define NVIC_CLEAR_PENDING 0xe000e280u
#define SCB_AIRCR 0xe000ed0cu
#define SCB_SHCSR 0xe000ed24u
#define SCB_CFSR 0xe000ed28u
#define SCB_HFSR 0xe000ed2cu
#define SCB_MMFAR 0xe000ed34u
#define SCB_BFAR 0xe000ed38u
#define SCB_CPACR 0xe000ed88u
#define MPU_CTRL 0xe000ed94u
#define MPU_RNR 0xe000ed98u
#define MPU_RBAR 0xe000ed9cu
#define MPU_RASR 0xe000eda0u

#define TIMER0_INTERRUPT 8
#define TIMER1_INTERRUPT 9
#define LAN9118_INTERRUPT 13
#define TICKS_PER_MICROSECOND 25u

/* Returns what interruptsRestore takes. */
static inline uint32_t interruptsMask(void)
{
	uint32_t before;
	__asm volatile("mrs %0, primask; cpsid i" : "=r"(before)::"memory");
	return before;
}
static inline void interruptsRestore(uint32_t before) { __asm volatile("msr primask, %0" ::"r"(before) : "memory"); }

/* Internal parts of the board, not for the engine. */
void consoleInitialize(void);
void clockInitialize(void);
/* Waits for an interrupt, at most so long; interrupts must be masked. */
void clockSleep(uint64_t microseconds);
/* Takes the processor's time, interrupts masked. */
void clockBusyWait(uint32_t microseconds);
void clockInterrupt(void);
void watchdogInitialize(void);
void watchdogFeed(void);
void protectCode(void);
/* profile.c, in images for profiles */
void profileInitialize(void);
void profileInterrupt(void);
void profilePrint(void);
/* Semihosting, for building an image and for ending the emulator. */
int semihost(int operation, void* arguments);

void networkInitialize(void);
/* Moves what came in to the socket's queue, runs ARP's timers. */
void networkPoll(void);
/* True if a datagram waits. */
int datagramsWait(void);
/* With interrupts masked, before a sleep that the network interrupt ends: true if something came in meanwhile. */
int networkPrepareSleep(void);
/* Milliseconds until ARP's timers want networkPoll. */
uint32_t networkSleepMilliseconds(void);
void networkInterrupt(void);

#endif
