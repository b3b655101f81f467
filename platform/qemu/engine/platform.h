/*
 * The engine's platform header, chosen with -DXSPLATFORM, for the board, the host and the compiler.
 * All three must agree on the size of identifiers (16 bits) and on strings (CESU-8).
 */
#ifndef BALSA_PLATFORM_H
#define BALSA_PLATFORM_H

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#undef mxLittleEndian
#define mxLittleEndian 1
#undef mx32bitID
#define mxMisalignedSettersCrash 1
#define mxUseDefaultSharedChunks 1
#define XS_FUNCTION_NORETURN __attribute__((noreturn))
#define mxExport extern
#define mxImport extern

#if defined(__linux__)
#undef mxLinux
#define mxLinux 1
#include <arpa/inet.h>
#include <pthread.h>
#include <unistd.h>
#else
#define htonl(x) __builtin_bswap32(x)
#define ntohl(x) __builtin_bswap32(x)
#define htons(x) __builtin_bswap16(x)
#define ntohs(x) __builtin_bswap16(x)
#define C_PATH_MAX 128
#endif

#if defined(BALSA_PRELOAD)
/* While the read-only heap is built, whatever the engine allocates must become a part of it. */
extern void* engineAllocate(size_t bytes);
extern void* engineAllocateCleared(size_t count, size_t bytes);
extern void* engineReallocate(void* block, size_t bytes);
extern void engineFree(void* block);
#define c_malloc engineAllocate
#define c_calloc engineAllocateCleared
#define c_realloc engineReallocate
#define c_free engineFree
#define c_malloc_uint32 engineAllocate
#define c_free_uint32 engineFree
#endif

#define mxMachinePlatform \
	int promiseJobs; \
	const void* volatile place; \
	void* host; \
	void* waiterCondition; \
	void* waiterData; \
	void* waiterLink;

#endif
