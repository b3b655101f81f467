/* The same engine and the same bytecode as on the board, as a program of the host: for tests in XS. */
#include "../board/board.h"
#include "../engine/engine.h"

#include <stddef.h>
#include <time.h>

extern void hostInitialize(void);

int main(void)
{
	hostInitialize();
	engineStart(NULL);
	while (engineHasTurn()) {
		uint64_t microseconds = engineTurn();
		struct timespec wait = { (time_t)(microseconds / 1000000), (long)(microseconds % 1000000) * 1000 };
		nanosleep(&wait, NULL);
	}
	return 0;
}
