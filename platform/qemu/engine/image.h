/* What the bytecode compiler gives the engine: modules, names, C functions and lines, all constant. */
#ifndef BALSA_IMAGE_H
#define BALSA_IMAGE_H

#include <stdint.h>

typedef struct xsMachineRecord xsMachine;

/* A function of a module that is written in C; the layout is that of the engine's xsHostBuilder. */
typedef struct {
	void (*function)(xsMachine*);
	int32_t length;
	uint16_t id;
} ImageHost;

typedef struct {
	const char* name;
	const unsigned char* code;
	unsigned codeBytes;
	const ImageHost* hosts;
	unsigned hostCount;
} ImageModule;

extern const ImageModule imageModules[];
extern const unsigned imageModuleCount;

/* The names of this image, in order; the first has the identifier `imageFirstName`. */
extern const char* const imageNames[];
extern const unsigned imageNameCount;
extern const unsigned imageFirstName;

/*
 * From one row to the next the code comes from one line of one source file. `place` is the module's
 * number in the upper 8 bits and the offset in its code below; rows are in the order of `place`.
 */
typedef struct {
	uint32_t place;
	uint16_t file;
	uint16_t line;
} ImageLine;

#define IMAGE_PLACE(module, offset) ((uint32_t)(module) << 24 | (uint32_t)(offset))

extern const ImageLine imageLines[];
extern const unsigned imageLineCount;
/* Sources as paths from the top of the repository; their identifiers follow those of the names. */
extern const char* const imageFiles[];
extern const unsigned imageFileCount;

#endif
