/*
 * Direct access to the properties of what is frozen. The engine looks a property up by walking a list,
 * but knows a short cut for objects in flash: when an instance bears a flag, the property `id` stands
 * `colors[id]` slots after it, if it has one. Moddable's linker lays its objects out so; this does it
 * for the read-only heap. It is a colouring of a graph: two names that meet in one object must differ.
 *
 * It serves methods above all: each call walks the fields of the instance, then those of its prototype.
 */
#include "internal.h"

#if defined(BALSA_PRELOAD)

enum { OBJECTS_MAX = 1024, COLORS_MAX = 256, WORDS = COLORS_MAX / 32, PROPERTIES_MIN = 3 };

typedef struct {
	txSlot* from;
	txSlot* to;
	unsigned largest;
	uint32_t used[WORDS];
} Object;

/* While an image is built the pool of slots is free: nothing of this is used afterwards. */
static Object* const objects = (Object*)engineSlotPool;
static unsigned objectCount;

static int isNamed(const txSlot* property) { return !(property->flag & XS_INTERNAL_FLAG) && property->ID != XS_NO_ID; }

static void collect(txSlot* instance)
{
	int named = 0;
	if (instance->kind != XS_INSTANCE_KIND || instance->ID != XS_NO_ID || instance->flag & XS_EXOTIC_FLAG) return;
	if (!(instance->flag & XS_DONT_PATCH_FLAG) || objectCount == OBJECTS_MAX) return;
	for (txSlot* property = instance->next; property; property = property->next) named += isNamed(property);
	if (named >= PROPERTIES_MIN) objects[objectCount++].from = instance;
}

static int has(const Object* object, txID id)
{
	for (const txSlot* property = object->from->next; property; property = property->next)
		if (isNamed(property) && property->ID == id) return 1;
	return 0;
}

/* Returns the least colour that none of the objects with this name has used yet, or 0 for none. */
static txID chooseColor(txID id)
{
	uint32_t used[WORDS] = { 1 };
	unsigned color = 0;
	for (unsigned i = 0; i < objectCount; i++)
		if (has(&objects[i], id))
			for (unsigned w = 0; w < WORDS; w++) used[w] |= objects[i].used[w];
	while (color < COLORS_MAX && used[color / 32] >> color % 32 & 1) color++;
	if (color == COLORS_MAX) return 0;
	for (unsigned i = 0; i < objectCount; i++)
		if (has(&objects[i], id)) {
			objects[i].used[color / 32] |= 1u << color % 32;
			if (objects[i].largest < color) objects[i].largest = color;
		}
	return (txID)color;
}

static void place(Object* object, const txID* colors)
{
	txSlot* block = c_calloc(object->largest + 1, sizeof(txSlot));
	if (!block) return;
	*block = *object->from;
	txSlot** link = &block->next;
	for (txSlot* property = object->from->next; property; property = property->next) {
		txSlot* moved = property;
		if (isNamed(property) && colors[property->ID]) {
			moved = block + colors[property->ID];
			*moved = *property;
		}
		*link = moved;
		link = &moved->next;
	}
	block->flag |= XS_DONT_MARSHALL_FLAG;
	object->to = block;
}

static txSlot* movedTo(txSlot* slot)
{
	for (unsigned i = 0; i < objectCount; i++)
		if (objects[i].from == slot && objects[i].to) return objects[i].to;
	return slot;
}

/* References to instances that have moved. */
static void redirect(txSlot* slot)
{
	switch (slot->kind) {
	case XS_REFERENCE_KIND: slot->value.reference = movedTo(slot->value.reference); break;
	case XS_INSTANCE_KIND: slot->value.instance.prototype = movedTo(slot->value.instance.prototype); break;
	case XS_MODULE_KIND:
	case XS_PROGRAM_KIND: slot->value.module.realm = movedTo(slot->value.module.realm); break;
	case XS_HOME_KIND:
		slot->value.home.object = movedTo(slot->value.home.object);
		slot->value.home.module = movedTo(slot->value.home.module);
		break;
	case XS_ACCESSOR_KIND:
		slot->value.accessor.getter = movedTo(slot->value.accessor.getter);
		slot->value.accessor.setter = movedTo(slot->value.accessor.setter);
		break;
	case XS_EXPORT_KIND: slot->value.export.module = movedTo(slot->value.export.module); break;
	case XS_CALLBACK_KIND:
	case XS_CALLBACK_X_KIND: slot->value.callback.closures = movedTo(slot->value.callback.closures); break;
	case XS_CODE_KIND:
	case XS_CODE_X_KIND: slot->value.code.closures = movedTo(slot->value.code.closures); break;
	default: break;
	}
}

static void redirectAll(txSlot* from, txSlot* to)
{
	for (txSlot* slot = from; slot < to; slot++) redirect(slot);
}

/* After the heap is shared: its instances have their aliases then, and stay where they are. */
void engineColor(txMachine* the)
{
	txID* colors = c_calloc((size_t)the->keyIndex, sizeof(txID));
	if (!colors || enginePools.slotCount * sizeof(txSlot) < OBJECTS_MAX * sizeof(Object)) return;
	c_memset(objects, 0, OBJECTS_MAX * sizeof(Object));
	for (txSlot* heap = the->firstHeap; heap; heap = heap->next)
		for (txSlot* slot = heap + 1; slot < heap->value.reference; slot++) collect(slot);
	for (unsigned i = 0; i < objectCount; i++)
		for (txSlot* property = objects[i].from->next; property; property = property->next)
			if (isNamed(property) && !colors[property->ID]) colors[property->ID] = chooseColor(property->ID);
	for (unsigned i = 0; i < objectCount; i++) place(&objects[i], colors);
	for (txSlot* heap = the->firstHeap; heap; heap = heap->next) {
		redirectAll(heap + 1, heap->value.reference);
		for (txSlot* slot = heap + 1; slot < heap->value.reference; slot++)
			if (slot->kind == XS_ARRAY_KIND && slot->value.array.address)
				redirectAll(slot->value.array.address, slot->value.array.address + fxGetIndexSize(the, slot));
	}
	for (unsigned i = 0; i < objectCount; i++)
		if (objects[i].to) redirectAll(objects[i].to, objects[i].to + objects[i].largest + 1);
	redirectAll(the->stack, the->stackTop);
	the->colors = colors;
}

#endif
