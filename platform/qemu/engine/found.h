/*
 * Where properties were found: a table over all objects in RAM, by object and name. The engine looks a
 * property up by walking the object's list, then its class's; a node reads some 600 fields for each
 * entry that it commits.
 *
 * A row may be believed because it is forgotten before it could be wrong: a property comes with a new
 * slot, a freed slot comes back as a new one (memory.c), and of the rest, a property that is removed and
 * a prototype that is replaced, forget.c tells us.
 */
#ifndef BALSA_FOUND_H
#define BALSA_FOUND_H

#include "xsAll.h"

/*
 * A row is that of `place ^ name`, where an object's place is its address without the bits that are zero:
 *
 *   key on a board     | name, bits 8 to 11 | place, bits 20 to 27, ^ name, bits 0 to 7 | place, bits 0 to 19 |
 *
 * The row gives the lower bits of the name back, so that a key stands for one object and one name alone,
 * of up to ENGINE_NAMES_MAX.
 */
#if UINTPTR_MAX > 0xffffffffu
typedef uint64_t FoundKey;
#else
typedef uint32_t FoundKey;
#endif

typedef struct {
	FoundKey key;
	txSlot* property;
} Found;

_Static_assert(BALSA_FOUND_ROWS >= 256 && !(BALSA_FOUND_ROWS & (BALSA_FOUND_ROWS - 1)), "rows");

extern struct FoundTable {
	Found rows[BALSA_FOUND_ROWS];
	/* Searches until rows are filled again: what allocates anyway would only fill and forget. */
	int patience;
	int isFilled;
} engineFound;

/* Forgets all rows. */
extern void engineForget(void);

static inline __attribute__((always_inline)) FoundKey foundKey(const txSlot* instance, txID id)
{
#if UINTPTR_MAX > 0xffffffffu
	return (FoundKey)(uintptr_t)instance << 16 | id;
#else
	return (FoundKey)instance >> 4 ^ (FoundKey)id << 20;
#endif
}

static inline __attribute__((always_inline)) Found* foundRow(const txSlot* instance, txID id)
{
	return &engineFound.rows[((uintptr_t)instance >> 4 ^ id) % BALSA_FOUND_ROWS];
}

#endif
