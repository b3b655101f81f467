/**
 * The engine's interpreter with a few of its lines replaced. Its source is pinned by hash, and macros
 * reach most of it (platform/qemu/engine/interpreter.c), but not those that it defines itself.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { BUILD, XS } from "./paths";

/** Lines as they are, lines as they shall be, and how often they are there. */
type Edit = readonly [from: string, to: string, times: number];

const EDITS: readonly Edit[] = [
	// The next instruction's number is read where it is needed: carried from one instruction to the next,
	// it takes a store and a load each time, for want of a register.
	["goto *bytes[byte]", "goto *bytes[*(txU1*)mxCode]", 4],
	["#define mxCase(OPCODE) OPCODE:\n", "#define mxCase(OPCODE) OPCODE: byte = *(txU1*)mxCode;\n", 1],
	// The end of the stack never moves.
	["if ((mxStack - _COUNT) < the->stackBottom) {", "if ((mxStack - _COUNT) < stackBottom) {", 1],
	["	txU1 primitive = 0;\n", "	txU1 primitive = 0;\n	txSlot* const stackBottom = the->stackBottom;\n", 1],
	["	mxStack->next = C_NULL;  \\\n	mxInitSlotKind(mxStack, _KIND); \\\n", "	beginSlot(mxStack, _KIND); \\\n", 1],
	// What mostly happens, before the general case.
	["mxCase(XS_CODE_GET_PROPERTY)\n", "mxCase(XS_CODE_GET_PROPERTY)\n			getFoundProperty;\n", 1],
	["mxCase(XS_CODE_SET_PROPERTY)\n", "mxCase(XS_CODE_SET_PROPERTY)\n			setFoundProperty;\n", 1],
	["mxCase(XS_CODE_AT)\n", "mxCase(XS_CODE_AT)\n			getElementAt;\n", 1],
	["mxCase(XS_CODE_SET_PROPERTY_AT)\n", "mxCase(XS_CODE_SET_PROPERTY_AT)\n			setElementAt;\n", 1],
	// Pairs of instructions.
	["mxCase(XS_CODE_THIS)\n", "mxCase(XS_CODE_THIS)\n			getPropertyOfThis;\n", 1],
	["mxCase(XS_CODE_GET_LOCAL_1)\n", "mxCase(XS_CODE_GET_LOCAL_1)\n			getLocal;\n", 1],
	["mxCase(XS_CODE_ARGUMENT)\n", "mxCase(XS_CODE_ARGUMENT)\n			takeArgument;\n", 1],
	[
		"			variable->value = mxStack->value;\n			mxBreak;\n",
		"			variable->value = mxStack->value;\n			popValue;\n			mxBreak;\n",
		8,
	],
	[
		"			slot->kind = XS_BOOLEAN_KIND;\n			slot->value.boolean = offset;\n",
		"			branchUnless(offset);\n			slot->kind = XS_BOOLEAN_KIND;\n			slot->value.boolean = offset;\n",
		6,
	],
];

/** @returns path of the C file that platform/qemu/engine/interpreter.c includes; written when it is not there as it should be */
export function interpreterSource(): string {
	let text = readFileSync(join(XS, "sources", "xsRun.c"), "utf8");
	for (const [from, to, times] of EDITS) {
		const parts = text.split(from);
		if (parts.length !== times + 1) throw new Error(`the interpreter's source has another "${from.trim()}"`);
		text = parts.join(to);
	}
	const path = join(BUILD, "engine", "edited-interpreter.c");
	if (!existsSync(path) || readFileSync(path, "utf8") !== text) {
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(`${path}.${process.pid}.tmp`, text);
		renameSync(`${path}.${process.pid}.tmp`, path);
	}
	return path;
}
