/* Time: the FPGA's 1 MHz counter, and a one-shot timer that ends a sleep. */
#include "registers.h"

#include "board.h"

enum { TIMER_CONTROL = 0x00, TIMER_VALUE = 0x04, TIMER_RELOAD = 0x08, TIMER_CLEAR = 0x0c };
enum { COUNTER = 0x18, PRESCALE = 0x1c };
enum { SLEEP_MICROSECONDS_MAX = 100000000 };

void clockInitialize(void)
{
	REGISTER(FPGAIO + PRESCALE) = TICKS_PER_MICROSECOND - 1;
	REGISTER(NVIC_ENABLE) = 1u << TIMER0_INTERRUPT;
}

/* The counter wraps after 71 minutes; the event loop reads it at least once a minute. */
uint64_t boardMicroseconds(void)
{
	static uint32_t wraps, last;
	uint32_t now = REGISTER(FPGAIO + COUNTER);
	if (now < last) wraps++;
	last = now;
	return (uint64_t)wraps << 32 | now;
}

void clockSleep(uint64_t microseconds)
{
	if (microseconds == 0) return;
	uint32_t ticks =
		(uint32_t)(microseconds < SLEEP_MICROSECONDS_MAX ? microseconds : SLEEP_MICROSECONDS_MAX) * TICKS_PER_MICROSECOND;
	REGISTER(TIMER0 + TIMER_CONTROL) = 0;
	REGISTER(TIMER0 + TIMER_CLEAR) = 1;
	REGISTER(TIMER0 + TIMER_RELOAD) = ticks;
	REGISTER(TIMER0 + TIMER_VALUE) = ticks;
	REGISTER(TIMER0 + TIMER_CONTROL) = 9; /* enable, with its interrupt */
	__asm volatile("dsb; wfi; isb" ::: "memory");
}

void clockBusyWait(uint32_t microseconds)
{
	uint32_t mask = interruptsMask();
	uint32_t start = REGISTER(FPGAIO + COUNTER);
	while (REGISTER(FPGAIO + COUNTER) - start < microseconds)
		;
	interruptsRestore(mask);
}

void clockInterrupt(void)
{
	REGISTER(TIMER0 + TIMER_CLEAR) = 1;
	REGISTER(TIMER0 + TIMER_CONTROL) = 0;
}
