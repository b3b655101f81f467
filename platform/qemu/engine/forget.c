/*
 * The engine's ordinary objects, from its own source, with one addition: where a property is removed or
 * a prototype replaced, what was found before (found.h) is forgotten.
 */
#include "found.h"

enum { PATIENCE = 64 };

struct FoundTable engineFound;

void engineForget(void)
{
	engineFound.patience = PATIENCE;
	if (!engineFound.isFilled) return;
	engineFound.isFilled = 0;
	c_memset(engineFound.rows, 0, sizeof engineFound.rows);
}

/* With parameters, so that definitions and calls get the other name, and the engine's table keeps ours. */
#define fxOrdinaryDeleteProperty(THE, INSTANCE, ID, INDEX) deleteProperty(THE, INSTANCE, ID, INDEX)
#define fxOrdinarySetPrototype(THE, INSTANCE, PROTOTYPE) setPrototype(THE, INSTANCE, PROTOTYPE)
txBoolean deleteProperty(txMachine* the, txSlot* instance, txID id, txIndex index);
txBoolean setPrototype(txMachine* the, txSlot* instance, txSlot* prototype);
#include "xsType.c"
#undef fxOrdinaryDeleteProperty
#undef fxOrdinarySetPrototype

txBoolean fxOrdinaryDeleteProperty(txMachine* the, txSlot* instance, txID id, txIndex index)
{
	engineForget();
	return deleteProperty(the, instance, id, index);
}

txBoolean fxOrdinarySetPrototype(txMachine* the, txSlot* instance, txSlot* prototype)
{
	engineForget();
	return setPrototype(the, instance, prototype);
}
