/* Properties for the interpreter: found in the table of found.h, searched for when they are not there. */
#ifndef BALSA_PROPERTIES_H
#define BALSA_PROPERTIES_H

#include "found.h"

static txBoolean isInRam(const txSlot* instance, txID id)
{
	return id && !instance->ID && !(instance->flag & (XS_EXOTIC_FLAG | XS_DONT_MARSHALL_FLAG));
}

static txSlot* ownProperty(const txSlot* instance, txID id)
{
	txSlot* property = instance->next;
	while (property && property->flag & XS_INTERNAL_FLAG) property = property->next;
	while (property && property->ID != id) property = property->next;
	return property;
}

/*
 * The property of an object's class if that is in flash and frozen, by the engine's own short cut
 * (colors.c). No other is remembered: it may yet become the object's own by being set.
 */
static txSlot* propertyOfClass(txMachine* the, txSlot* instance, txID id)
{
	txSlot* prototype = fxGetPrototype(the, instance);
	if (!prototype || !(prototype->flag & XS_DONT_MARSHALL_FLAG) || !the->colors || id >= the->keyOffset) return C_NULL;
	txSlot* property = prototype + the->colors[id];
	return property->ID == id && property->kind != XS_INSTANCE_KIND && property->flag & XS_DONT_SET_FLAG ? property
		: C_NULL;
}

static txSlot* remember(const txSlot* instance, txID id, txSlot* property)
{
	Found* row = foundRow(instance, id);
	if (engineFound.patience > 0) engineFound.patience--;
	else {
		row->key = foundKey(instance, id);
		row->property = property;
		engineFound.isFilled = 1;
	}
	return property;
}

static __attribute__((noinline)) txSlot* getProperty(txMachine* the, txSlot* instance, txID id, txIndex index,
	txFlag flag)
{
	if (!flag || !isInRam(instance, id)) return (*mxBehavior(instance)->getProperty)(the, instance, id, index, flag);
	txSlot* property = ownProperty(instance, id);
	if (!property) property = propertyOfClass(the, instance, id);
	return property ? remember(instance, id, property) : fxOrdinaryGetProperty(the, instance, id, index, flag);
}

static __attribute__((noinline)) txSlot* setProperty(txMachine* the, txSlot* instance, txID id, txIndex index,
	txFlag flag)
{
	txSlot* property = flag && isInRam(instance, id) ? ownProperty(instance, id) : C_NULL;
	return property ? remember(instance, id, property) : (*mxBehavior(instance)->setProperty)(the, instance, id, index, flag);
}

#undef mxBehaviorGetProperty
#define mxBehaviorGetProperty getProperty
#undef mxBehaviorSetProperty
#define mxBehaviorSetProperty setProperty

/* The interpreter's first try for each of the two instructions; what is not done here goes on behind it. */

#define getFoundProperty \
	if (mxStack->kind == XS_REFERENCE_KIND) { \
		const Found* row = foundRow(mxStack->value.reference, mxRunID(1)); \
		const txSlot* property = row->property; \
		if (row->key == foundKey(mxStack->value.reference, mxRunID(1)) && property->kind != XS_ACCESSOR_KIND) { \
			mxStack->kind = property->kind; \
			mxStack->value = property->value; \
			mxNextCode(1 + sizeof(txID)); \
			mxBreak; \
		} \
	}

/* What is a class's cannot be set (propertyOfClass), so a property that can is the object's own. */
#define setFoundProperty \
	if (mxStack[1].kind == XS_REFERENCE_KIND) { \
		const Found* row = foundRow(mxStack[1].value.reference, mxRunID(1)); \
		txSlot* property = row->property; \
		if (row->key == foundKey(mxStack[1].value.reference, mxRunID(1)) && property->kind != XS_ACCESSOR_KIND && \
			!(property->flag & (XS_DONT_SET_FLAG | XS_MARK_FLAG))) { \
			property->kind = mxStack[1].kind = mxStack->kind; \
			property->value = mxStack[1].value = mxStack->value; \
			mxStack++; \
			mxNextCode(1 + sizeof(txID)); \
			popValue; \
			mxBreak; \
		} \
	}

#endif
