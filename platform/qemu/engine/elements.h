/*
 * Elements of typed arrays for the interpreter. The engine reaches them through an accessor, which is a
 * call of two natives, some 290 instructions. What is no element here is left to it: of other kinds of
 * arrays, of buffers that may change their size, and values that are no numbers.
 */
#ifndef BALSA_ELEMENTS_H
#define BALSA_ELEMENTS_H

#include "xsAll.h"

/* @returns where the element stands, and its array's kind in `kind`; or null */
static inline __attribute__((always_inline)) txByte* elementAt(const txSlot* instance, txIndex index, txID* kind)
{
	const txSlot* array = instance->next;
	if (!(instance->flag & XS_EXOTIC_FLAG) || array->ID != XS_TYPED_ARRAY_BEHAVIOR) return C_NULL;
	const txTypeDispatch* type = array->value.typedArray.dispatch;
	const txSlot* view = array->next;
	const txSlot* buffer = view->next->value.reference->next;
	if (!buffer->value.arrayBuffer.address || buffer->next->value.bufferInfo.maxLength >= 0 ||
		buffer->flag & XS_DONT_SET_FLAG || index >= (txIndex)view->value.dataView.size >> type->shift)
		return C_NULL;
	*kind = type->constructorID;
	return buffer->value.arrayBuffer.address + view->value.dataView.offset + (index << type->shift);
}

/* Puts the element in the place of the slot that holds the array. */
static txBoolean readElement(txSlot* slot, txIndex index)
{
	txID kind;
	const txByte* bytes = elementAt(slot->value.reference, index, &kind);
	if (!bytes) return 0;
	if (kind == mxID(_Float64Array)) {
		slot->kind = XS_NUMBER_KIND;
		memcpy(&slot->value.number, bytes, 8);
		return 1;
	}
	txU4 value = 0;
	if (kind == mxID(_Uint8Array)) value = *(const txU1*)bytes;
	else if (kind == mxID(_Uint16Array)) memcpy(&value, bytes, 2);
	else if (kind == mxID(_Uint32Array)) memcpy(&value, bytes, 4);
	else return 0;
	if (value > INT32_MAX) {
		slot->kind = XS_NUMBER_KIND;
		slot->value.number = value;
	} else {
		slot->kind = XS_INTEGER_KIND;
		slot->value.integer = (txInteger)value;
	}
	return 1;
}

/* From the top of the stack: value, index and array. */
static txBoolean writeElement(const txSlot* slot)
{
	txID kind;
	txByte* bytes = slot[1].value.at.id ? C_NULL : elementAt(slot[2].value.reference, slot[1].value.at.index, &kind);
	if (!bytes) return 0;
	if (kind == mxID(_Float64Array)) {
		double number = slot->kind == XS_INTEGER_KIND ? slot->value.integer : slot->value.number;
		if (slot->kind != XS_INTEGER_KIND && slot->kind != XS_NUMBER_KIND) return 0;
		memcpy(bytes, &number, 8);
		return 1;
	}
	txU4 value;
	if (slot->kind == XS_INTEGER_KIND) value = (txU4)slot->value.integer;
	else if (slot->kind == XS_NUMBER_KIND && slot->value.number >= 0 && slot->value.number <= UINT32_MAX)
		value = (txU4)slot->value.number;
	else return 0;
	if (kind == mxID(_Uint8Array)) *(txU1*)bytes = (txU1)value;
	else if (kind == mxID(_Uint16Array)) memcpy(bytes, &value, 2);
	else if (kind == mxID(_Uint32Array)) memcpy(bytes, &value, 4);
	else return 0;
	return 1;
}

static inline __attribute__((always_inline)) txBoolean isIndex(const txSlot* slot, txIndex* index)
{
	if (slot->kind == XS_INTEGER_KIND && slot->value.integer >= 0) *index = (txIndex)slot->value.integer;
	else if (slot->kind == XS_NUMBER_KIND && slot->value.number >= 0 && slot->value.number < UINT32_MAX) {
		*index = (txIndex)slot->value.number;
		return *index == slot->value.number;
	} else return 0;
	return 1;
}

/* The interpreter's first try: an index is taken as such, and if it is read at once, that is done too. */
#define getElementAt \
	txIndex elementIndex; \
	if (mxStack[1].kind == XS_REFERENCE_KIND && isIndex(mxStack, &elementIndex)) { \
		if (mxRunU1(1) == XS_CODE_GET_PROPERTY_AT && readElement(mxStack + 1, elementIndex)) { \
			mxStack++; \
			mxNextCode(2); \
			mxBreak; \
		} \
		mxStack->kind = XS_AT_KIND; \
		mxStack->value.at.id = XS_NO_ID; \
		mxStack->value.at.index = elementIndex; \
		mxNextCode(1); \
		mxBreak; \
	}

#define setElementAt \
	if (writeElement(mxStack)) { \
		mxStack[2].kind = mxStack->kind; \
		mxStack[2].value = mxStack->value; \
		mxStack += 2; \
		mxNextCode(1); \
		popValue; \
		mxBreak; \
	}

#endif
