/*
 * The engine's interpreter, from its own source, with three things that make it faster. Instructions
 * for each entry that a cluster commits at depth 1: 1,572,000 without them.
 *
 * 1. Its variables are in registers (1,388,000). The whole interpreter is one function, and it calls
 *    setjmp where JavaScript begins a `try`. What is alive across setjmp must be in memory, for its
 *    second return: the stack pointer, the program counter, all that every instruction uses. So
 *    nothing is alive there: its variables are put away before the call and taken back after it. On
 *    the second return the source itself takes all that counts from the jump record.
 * 2. Fields of objects in RAM are found without a call, to be read (1,348,000) and written (27,000 more).
 * 3. Elements of typed arrays are read and written without their accessor (1,258,000), and the locals
 *    of a call are cleared without one of memset.
 *
 * Moddable's own build of the engine, for an ESP32, has neither this nor the other wrappers.
 */
/* What a compiler guesses of branches and loops is wrong in an interpreter: 22,000 of these. */
#pragma GCC optimize("no-reorder-blocks", "no-guess-branch-probability", "no-tree-pre", "no-ivopts")
#include "xsAll.h"

/* The other setjmp of that file, in a function without these variables. */
#undef mxTry
#define mxTry(THE) \
	txJump __JUMP__ = { .nextJump = (THE)->firstJump, .stack = (THE)->stack, .scope = (THE)->scope, \
		.frame = (THE)->frame, .code = (THE)->code, .flag = 0 }; \
	(THE)->firstJump = &__JUMP__; \
	if (setjmp(__JUMP__.buffer) == 0) {

/* Volatile: else the compiler would know the values again, and keep them alive after all. */
static volatile struct {
	txSlot *stack, *scope, *frame, *environment, *slot;
	txByte* code;
	txS4 offset;
	txU1 byte;
} kept;

/*
 * Elements of typed arrays, which the engine reaches through an accessor: a call of two natives, 290
 * instructions. What is no element or no number is left to it. The slot is read at once: it is never
 * seen by the collector, and there is one machine.
 */
static txSlot element;

static txBoolean isTypedArray(const txSlot* instance, txID id)
{
	return !id && instance->flag & XS_EXOTIC_FLAG && instance->next->ID == XS_TYPED_ARRAY_BEHAVIOR;
}

static txSlot* getElement(txMachine* the, txSlot* instance, txID id, txIndex index, txFlag flag)
{
	txSlot* array = instance->next;
	txSlot* view = array->next;
	txSlot* buffer = view->next;
	const txTypeDispatch* type = array->value.typedArray.dispatch;
	txIndex length = (txIndex)fxGetDataViewSize(the, view, buffer) >> type->shift;
	if (type->constructorID == mxID(_BigInt64Array) || type->constructorID == mxID(_BigUint64Array) || index >= length)
		return (*mxBehavior(instance)->getProperty)(the, instance, id, index, flag);
	(*type->getter)(the, buffer->value.reference->next, view->value.dataView.offset + (txInteger)(index << type->shift),
		&element, EndianNative);
	return &element;
}

/* The value is the machine's topmost; the interpreter puts it into the slot that it gets, where it is lost. */
static txSlot* setElement(txMachine* the, txSlot* instance, txID id, txIndex index, txFlag flag)
{
	txSlot* array = instance->next;
	txSlot* view = array->next;
	txSlot* buffer = view->next;
	txSlot* arrayBuffer = buffer->value.reference->next;
	const txTypeDispatch* type = array->value.typedArray.dispatch;
	txIndex length = (txIndex)fxGetDataViewSize(the, view, buffer) >> type->shift;
	txSlot value = *the->stack;
	if (type->constructorID == mxID(_BigInt64Array) || type->constructorID == mxID(_BigUint64Array) || index >= length ||
		arrayBuffer->flag & XS_DONT_SET_FLAG || (value.kind != XS_INTEGER_KIND && value.kind != XS_NUMBER_KIND))
		return (*mxBehavior(instance)->setProperty)(the, instance, id, index, flag);
	(*type->coerce)(the, &value);
	(*type->setter)(the, arrayBuffer, view->value.dataView.offset + (txInteger)(index << type->shift), &value,
		EndianNative);
	element.flag = XS_NO_FLAG;
	element.kind = XS_UNDEFINED_KIND;
	return &element;
}

/*
 * The engine's own search of a property, in place: most are fields of an object in RAM. What that is
 * not, and what is further up, is for the engine's function.
 */
static inline __attribute__((always_inline)) txBoolean isInRam(const txSlot* instance, txID id)
{
	return id && !instance->ID && !(instance->flag & (XS_EXOTIC_FLAG | XS_DONT_MARSHALL_FLAG));
}

static inline __attribute__((always_inline)) txSlot* ownProperty(txSlot* instance, txID id)
{
	txSlot* property = instance->next;
	while (property && property->flag & XS_INTERNAL_FLAG) property = property->next;
	while (property && property->ID != id) property = property->next;
	return property;
}

static inline __attribute__((always_inline)) txSlot* getProperty(txMachine* the, txSlot* instance, txID id,
	txIndex index, txFlag flag)
{
	if (flag && isInRam(instance, id)) {
		txSlot* property = ownProperty(instance, id);
		if (property) return property;
		instance = fxGetPrototype(the, instance);
		if (!instance) return C_NULL;
	}
	if (isTypedArray(instance, id)) return getElement(the, instance, id, index, flag);
	return (*mxBehavior(instance)->getProperty)(the, instance, id, index, flag);
}

static inline __attribute__((always_inline)) txSlot* setProperty(txMachine* the, txSlot* instance, txID id,
	txIndex index, txFlag flag)
{
	if (flag && isInRam(instance, id)) {
		txSlot* property = ownProperty(instance, id);
		if (property) return property;
	}
	if (flag && isTypedArray(instance, id)) return setElement(the, instance, id, index, flag);
	return (*mxBehavior(instance)->setProperty)(the, instance, id, index, flag);
}

#undef mxBehaviorGetProperty
#define mxBehaviorGetProperty getProperty
#undef mxBehaviorSetProperty
#define mxBehaviorSetProperty setProperty

/* The locals of a call are cleared in place: mostly a few slots, and slots are aligned. */
typedef uint64_t __attribute__((may_alias)) HalfSlot;
#undef c_memset
#define c_memset(TO, VALUE, BYTES) \
	({ \
		HalfSlot* half = (HalfSlot*)(TO); \
		for (HalfSlot* end = half + (BYTES) / 8; half < end; half += 2) half[0] = half[1] = (VALUE); \
	})

#undef c_setjmp
#define c_setjmp(BUFFER) \
	({ \
		kept.stack = stack, kept.scope = scope, kept.frame = frame, kept.environment = environment; \
		kept.slot = slot, kept.code = code, kept.offset = offset, kept.byte = byte; \
		int returns = setjmp(BUFFER); \
		stack = kept.stack, scope = kept.scope, frame = kept.frame, environment = kept.environment; \
		slot = kept.slot, code = kept.code, offset = kept.offset, byte = kept.byte; \
		jump = C_NULL, variable = C_NULL, address = C_NULL, index = 0, primitive = 0; \
		returns; \
	})
#include "xsRun.c"
