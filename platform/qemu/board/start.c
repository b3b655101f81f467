/* Vectors, start-up, faults, and what newlib wants. */
#include "registers.h"

#include "board.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>

extern uint32_t dataLoad[], dataStart[], dataEnd[], bssStart[], bssEnd[], stackTop[], stackBottom[];
extern unsigned char heapStart[], heapEnd[];
extern int main(void);

static const uint32_t PAINT = 0xa5a5a5a5;
static unsigned char* heapNext = heapStart;

/* Registers as the processor stacked them: r0 to r3, r12, lr, pc, xpsr. */
__attribute__((used)) static void reportFault(const uint32_t* stacked, uint32_t exceptionReturn)
{
	char line[160];
	snprintf(line, sizeof line,
		"fault: pc %08lx lr %08lx cfsr %08lx hfsr %08lx mmfar %08lx bfar %08lx return %08lx\n", (unsigned long)stacked[6],
		(unsigned long)stacked[5], (unsigned long)REGISTER(SCB_CFSR), (unsigned long)REGISTER(SCB_HFSR),
		(unsigned long)REGISTER(SCB_MMFAR), (unsigned long)REGISTER(SCB_BFAR), (unsigned long)exceptionReturn);
	boardPrint(line);
	boardRestart();
}

__attribute__((naked)) static void faultHandler(void)
{
	__asm volatile("mrs r0, msp\n mov r1, lr\n b reportFault");
}

static void unexpectedHandler(void)
{
	boardPrint("fault: unexpected interrupt\n");
	boardRestart();
}

extern void watchdogInterrupt(void);
void resetHandler(void);

__attribute__((section(".vectors"), used)) void (*const vectors[16 + 32])(void) = {
	[0] = (void (*)(void))stackTop,
	[1] = resetHandler,
	[2] = watchdogInterrupt,
	[3 ... 6] = faultHandler,
	[7 ... 10] = 0,
	[11 ... 12] = unexpectedHandler,
	[13] = 0,
	[14 ... 16 + TIMER0_INTERRUPT - 1] = unexpectedHandler,
	[16 + TIMER0_INTERRUPT] = clockInterrupt,
#if defined(BALSA_PROFILE)
	[16 + TIMER1_INTERRUPT] = profileInterrupt,
#else
	[16 + TIMER1_INTERRUPT] = unexpectedHandler,
#endif
	[16 + TIMER1_INTERRUPT + 1 ... 16 + LAN9118_INTERRUPT - 1] = unexpectedHandler,
	[16 + LAN9118_INTERRUPT] = networkInterrupt,
	[16 + LAN9118_INTERRUPT + 1 ... 47] = unexpectedHandler,
};

void resetHandler(void)
{
	REGISTER(SCB_CPACR) |= 0xfu << 20; /* the floating-point unit */
	__asm volatile("dsb; isb");
	memcpy(dataStart, dataLoad, (size_t)((char*)dataEnd - (char*)dataStart));
	memset(bssStart, 0, (size_t)((char*)bssEnd - (char*)bssStart));
	uint32_t here;
	for (volatile uint32_t* word = stackBottom; (uintptr_t)word < (uintptr_t)&here - 256; word++) *word = PAINT;
	consoleInitialize();
	clockInitialize();
	boardExit(main());
}

/*
 * Flash can only be read while the firmware runs, as on a chip: a stray write faults. Region 0 covers
 * the code, the constants and the read-only heap (Armv7-M ARM, B3.5.8: AP 110 is read-only, size 2^22).
 */
void protectCode(void)
{
	REGISTER(MPU_RNR) = 0;
	REGISTER(MPU_RBAR) = CODE_BASE;
	REGISTER(MPU_RASR) = 6u << 24 | 1u << 17 | (22u - 1) << 1 | 1u;
	REGISTER(SCB_SHCSR) |= 7u << 16;
	REGISTER(MPU_CTRL) = 5; /* enable, the default map elsewhere */
	__asm volatile("dsb; isb");
}

int semihost(int operation, void* arguments)
{
	register int r0 __asm("r0") = operation;
	register void* r1 __asm("r1") = arguments;
	__asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
	return r0;
}

void boardExit(int code)
{
#if defined(BALSA_PROFILE)
	profilePrint();
#endif
	uint32_t arguments[2] = { 0x20026, (uint32_t)code };
	semihost(0x20, arguments);
	boardRestart();
}

void boardRestart(void)
{
	__asm volatile("cpsid i; dsb");
	REGISTER(SCB_AIRCR) = 0x05fa0004; /* SYSRESETREQ */
	__asm volatile("dsb");
	for (;;) __asm volatile("wfi");
}

unsigned boardStackPeak(void)
{
	const uint32_t* word = stackBottom;
	while (*word == PAINT) word++;
	return (unsigned)((const char*)stackTop - (const char*)word);
}

unsigned boardHeapUsed(void) { return (unsigned)(heapNext - heapStart); }

/* The engine checks the machine stack against this. */
char* fxCStackLimit(void) { return (char*)stackBottom + 1024; }

uint32_t modMilliseconds(void) { return (uint32_t)(boardMicroseconds() / 1000); }

/* newlib */

void* _sbrk(int bytes)
{
	if (heapNext + bytes > heapEnd) {
		errno = ENOMEM;
		return (void*)-1;
	}
	unsigned char* block = heapNext;
	heapNext += bytes;
	return block;
}
int _write(int file, const char* text, int length)
{
	(void)file;
	(void)text;
	return length;
}
int _read(int file, char* text, int length)
{
	(void)file;
	(void)text;
	(void)length;
	return 0;
}
int _close(int file)
{
	(void)file;
	return -1;
}
int _lseek(int file, int offset, int from)
{
	(void)file;
	(void)offset;
	(void)from;
	return 0;
}
int _fstat(int file, struct stat* status)
{
	(void)file;
	status->st_mode = S_IFCHR;
	return 0;
}
int _isatty(int file)
{
	(void)file;
	return 1;
}
void _exit(int code) { boardExit(code); }
int _kill(int process, int signal)
{
	(void)process;
	(void)signal;
	boardRestart();
}
int _getpid(void) { return 1; }
int _gettimeofday(struct timeval* time, void* zone)
{
	(void)zone;
	uint64_t now = boardMicroseconds();
	time->tv_sec = (time_t)(now / 1000000);
	time->tv_usec = (suseconds_t)(now % 1000000);
	return 0;
}
