/*
 * Built-in methods as host function primitives: one slot and a record each instead of four to six
 * slots. The engine's own source leaves these two functions to its linker (mxLink); ours stand below.
 */
#define mxLink 1
#include "xsProperty.c"
#undef mxLink

txSlot* fxNextHostFunctionProperty(txMachine* the, txSlot* property, txCallback call, txInteger length, txID id,
	txFlag flag)
{
	txHostFunctionBuilder* builder = c_malloc(sizeof(txHostFunctionBuilder));
	if (!builder) fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
	builder->callback = call;
	builder->length = length;
	builder->id = id;
	property = property->next = fxNewSlot(the);
	property->flag = flag;
	property->ID = id;
	property->kind = XS_HOST_FUNCTION_KIND;
	property->value.hostFunction.builder = builder;
	property->value.hostFunction.profileID = the->profileID++;
	return property;
}

txSlot* fxNextHostAccessorProperty(txMachine* the, txSlot* property, txCallback get, txCallback set, txID id,
	txFlag flag)
{
	txSlot *getter = C_NULL, *setter = C_NULL, *home = the->stack;
	if (get) {
		getter = fxNewHostFunction(the, get, 0, XS_NO_ID, XS_NO_ID);
		mxFunctionInstanceHome(getter)->value.home.object = home->value.reference;
	}
	if (set) {
		setter = fxNewHostFunction(the, set, 1, XS_NO_ID, XS_NO_ID);
		mxFunctionInstanceHome(setter)->value.home.object = home->value.reference;
	}
	property = property->next = fxNewSlot(the);
	property->flag = flag;
	property->ID = id;
	property->kind = XS_ACCESSOR_KIND;
	property->value.accessor.getter = getter;
	property->value.accessor.setter = setter;
	if (set) mxPop();
	if (get) mxPop();
	return property;
}
