/*
 * Stacks of errors. The code carries no line instructions: a place in it is looked up in a table in
 * flash (image.h), so that lines cost neither time nor memory until something is thrown.
 */
#include "internal.h"

#include "../board/board.h"

static const ImageLine* findLine(const txByte* code)
{
	for (unsigned i = 0; i < imageModuleCount; i++) {
		const ImageModule* module = &imageModules[i];
		const txByte* start = (const txByte*)module->code;
		if (code < start || code >= start + module->codeBytes) continue;
		uint32_t place = IMAGE_PLACE(i, code - start);
		unsigned low = 0, high = imageLineCount;
		while (low < high) {
			unsigned middle = low + (high - low) / 2;
			if (imageLines[middle].place <= place) low = middle + 1;
			else high = middle;
		}
		if (low == 0 || imageLines[low - 1].place >> 24 != i) return C_NULL;
		return &imageLines[low - 1];
	}
	return C_NULL;
}

#if defined(BALSA_PROFILE)
/* The row of the line table that the interpreter is at, or -1: profiled-run.c keeps the place. */
int engineCurrentLine(void)
{
	const ImageLine* line = engineMachine ? findLine((const txByte*)engineMachine->place) : C_NULL;
	return line ? (int)(line - imageLines) : -1;
}
#endif

static txID functionName(txSlot* frame)
{
	txSlot* function = frame + 3;
	if (function->kind == XS_HOST_FUNCTION_KIND) return function->value.hostFunction.builder->id;
	if (function->kind != XS_REFERENCE_KIND || !mxIsFunction(function->value.reference)) return XS_NO_ID;
	return mxFunctionInstanceCode(function->value.reference)->ID;
}

/*
 * The engine keeps where a frame is in the frame above it, as the address after the call; where the
 * uppermost one is, in the machine, as the address of the instruction itself.
 */
static const txByte* placeIn(txMachine* the, txSlot* frame, txSlot* above)
{
	(void)frame;
	if (!above) return the->code;
	return above->value.frame.code ? above->value.frame.code - 1 : C_NULL;
}

/* In place of the engine's fxCaptureErrorStack, with slots of the same shape. */
void engineCaptureStack(txMachine* the, txSlot* internal, txSlot* first)
{
	txSlot* slot = internal->value.reference = fxNewSlot(the);
	txSlot* above = C_NULL;
	int found = 0;
	slot->kind = XS_INSTANCE_KIND;
	slot->value.instance.garbage = C_NULL;
	slot->value.instance.prototype = C_NULL;
	for (txSlot* frame = the->frame; frame && frame->next; above = frame, frame = frame->next) {
		found |= frame == first;
		if (!found) continue;
		const ImageLine* line = findLine(placeIn(the, frame, above));
		txID name = functionName(frame);
		if (!line && name == XS_NO_ID) continue;
		txSlot* key = name != XS_NO_ID ? fxGetKey(the, name) : C_NULL;
		slot = slot->next = fxNewSlot(the);
		slot->flag = XS_GET_ONLY;
		slot->kind = key && key->kind == XS_KEY_KIND ? XS_KEY_KIND : XS_KEY_X_KIND;
		slot->value.key.string = key ? key->value.key.string : C_NULL;
		slot->ID = line ? (txID)(imageFirstName + imageNameCount + line->file) : XS_NO_ID;
		slot->value.key.sum = line ? line->line : 0;
	}
}

void enginePrintStack(void)
{
	txMachine* the = engineMachine;
	if (!the) return;
	txSlot* above = C_NULL;
	for (txSlot* frame = the->frame; frame && frame->next; above = frame, frame = frame->next) {
		const ImageLine* line = findLine(placeIn(the, frame, above));
		txID name = functionName(frame);
		txString text = name != XS_NO_ID ? fxGetKeyName(the, name) : C_NULL;
		if (!line && !text) continue;
		boardPrint(" at ");
		boardPrint(text ? text : "?");
		if (line) {
			char number[8];
			c_snprintf(number, sizeof number, ":%u", line->line);
			boardPrint(" (");
			boardPrint(imageFiles[line->file]);
			boardPrint(number);
			boardPrint(")");
		}
		boardPrint("\n");
	}
}
