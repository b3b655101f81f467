/*
 * Instructions of the interpreter that mostly come one after the other, done at once: going to the next
 * one costs five machine instructions, and what it would push and pop again some ten.
 */
#ifndef BALSA_PAIRS_H
#define BALSA_PAIRS_H

#include "properties.h"

/* A field of `this`. */
#define getPropertyOfThis \
	if (mxRunU1(1) == XS_CODE_GET_PROPERTY && mxFrameThis->kind == XS_REFERENCE_KIND) { \
		const Found* row = foundRow(mxFrameThis->value.reference, mxRunID(2)); \
		const txSlot* property = row->property; \
		if (row->key == foundKey(mxFrameThis->value.reference, mxRunID(2)) && property->kind != XS_ACCESSOR_KIND && \
			mxStack - 1 >= stackBottom) { \
			mxStack--; \
			beginSlot(mxStack, property->kind); \
			mxStack->value = property->value; \
			mxNextCode(2 + sizeof(txID)); \
			mxBreak; \
		} \
	}

/* The commonest of all instructions, with its slot read once. */
#define getLocal \
	{ \
		const txSlot* local = mxEnvironment - mxRunU1(1); \
		if (local->kind >= 0 && mxStack - 1 >= stackBottom) { \
			mxStack--; \
			beginSlot(mxStack, local->kind); \
			mxStack->value = local->value; \
			mxNextCode(2); \
			mxBreak; \
		} \
	}

/* An argument becomes a local at the beginning of a function. */
#define takeArgument \
	if (mxRunU1(2) == XS_CODE_VAR_LOCAL_1 && mxRunU1(4) == XS_CODE_POP && mxRunU1(1) < mxFrameArgc) { \
		const txSlot* argument = mxFrameArgv(mxRunU1(1)); \
		variable = mxEnvironment - mxRunU1(3); \
		variable->kind = argument->kind; \
		variable->value = argument->value; \
		mxNextCode(5); \
		mxBreak; \
	}

/* The value of an assignment is seldom wanted. */
#define popValue \
	if (*(txU1*)mxCode == XS_CODE_POP) { \
		mxStack++; \
		mxNextCode(1); \
	}

/* What is compared is mostly a condition. */
#define branchUnless(CONDITION) \
	if (mxRunU1(1) == XS_CODE_BRANCH_ELSE_2) { \
		mxStack += 2; \
		mxNextCode((CONDITION) ? 4 : 4 + mxRunS2(2)); \
		mxBreak; \
	}

#endif
