/*
 * The bytecode compiler: ES modules in, one C file of constant tables out, for the engine in ../engine.
 *
 *   compiler OUTPUT.c OUTPUT.lines NAME=PATH...
 *
 * Identifiers are linked here to the numbers that the board gives them (the engine's own, then the
 * names of this image in order), so that the code lies constant in flash and nothing is remapped or
 * copied when it is loaded. Functions written `function f(a) @ "symbol"` are bound to the C function
 * `symbol`.
 *
 * Lines cost nothing at run time. Each module is compiled twice, with and without the engine's line
 * instructions; the two streams are walked in step, and OUTPUT.lines gets a line "MODULE OFFSET LINE"
 * for each place in the lean code where the source line changes. Only the lean code is shipped.
 */
#include "xsScript.h"

#include "../engine/image.h"

extern const txString gxIDStrings[XS_ID_COUNT];

enum { MODULES_MAX = 64, NAMES_MAX = 16384, PARSER_BYTES = 4 * 1024 * 1024, PARSER_SYMBOLS = 1993 };

/* What the engine's compiler leaves to the program around it. */
__attribute__((noreturn)) void fxAbort(void* console, int status)
{
	(void)console;
	fprintf(stderr, "compiler: aborted, status %d\n", status);
	exit(1);
}
txID fxGenerateProfileID(void* console)
{
	(void)console;
	return XS_NO_ID;
}
void fxGenerateTag(void* console, txString buffer, txInteger size, txString path)
{
	(void)console;
	snprintf(buffer, (size_t)size, "#0@%s", path ? path : "");
}
void fxVReport(void* console, txString format, c_va_list arguments)
{
	(void)console;
	vfprintf(stderr, format, arguments);
}
static void report(const char* kind, txString path, txInteger line, txString format, c_va_list arguments)
{
	fprintf(stderr, "%s:%d: %s: ", path ? path : "?", (int)line, kind);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
}
void fxVReportError(void* console, txString path, txInteger line, txString format, c_va_list arguments)
{
	(void)console;
	report("error", path, line, format, arguments);
}
void fxVReportWarning(void* console, txString path, txInteger line, txString format, c_va_list arguments)
{
	(void)console;
	report("warning", path, line, format, arguments);
}
__attribute__((noreturn)) static void fail(const char* name, const char* reason)
{
	fprintf(stderr, "compiler: %s: %s\n", name, reason);
	exit(1);
}

static char* names[NAMES_MAX];
static unsigned nameCount;

/* Returns the number that the board will know the identifier by. */
static unsigned linkName(const char* name)
{
	for (unsigned i = XS_SYMBOL_ID_COUNT; i < XS_ID_COUNT; i++)
		if (!strcmp(gxIDStrings[i], name)) return i;
	for (unsigned i = 0; i < nameCount; i++)
		if (!strcmp(names[i], name)) return XS_ID_COUNT + i;
	if (nameCount == NAMES_MAX) fail(name, "too many names");
	names[nameCount] = strdup(name);
	return XS_ID_COUNT + nameCount++;
}

static unsigned read16(const unsigned char* p) { return p[0] | (unsigned)p[1] << 8; }

static unsigned instructionBytes(const unsigned char* p)
{
	int size = gxCodeSizes[*p];
	if (size > 0) return (unsigned)size;
	if (size == 0) return 1 + sizeof(txID);
	if (size == -1) return 2u + p[1];
	if (size == -2) return 3 + read16(p + 1);
	return 5 + (read16(p + 1) | read16(p + 3) << 16);
}

/*
 * Links identifiers, and turns code and strings into the variants that are used where they lie:
 * the others would copy themselves to the heap each time they are evaluated.
 */
static void linkCode(unsigned char* p, unsigned bytes, const unsigned* ids)
{
	for (unsigned char* end = p + bytes; p < end; p += instructionBytes(p)) {
		switch (*p) {
		case XS_CODE_CODE_1: *p = XS_CODE_CODE_ARCHIVE_1; break;
		case XS_CODE_CODE_2: *p = XS_CODE_CODE_ARCHIVE_2; break;
		case XS_CODE_CODE_4: *p = XS_CODE_CODE_ARCHIVE_4; break;
		case XS_CODE_STRING_1: *p = XS_CODE_STRING_ARCHIVE_1; break;
		case XS_CODE_STRING_2: *p = XS_CODE_STRING_ARCHIVE_2; break;
		case XS_CODE_STRING_4: *p = XS_CODE_STRING_ARCHIVE_4; break;
		default: break;
		}
		if (gxCodeSizes[*p] == 0 && read16(p + 1) != 0) {
			unsigned id = ids[read16(p + 1)];
			p[1] = id & 0xff;
			p[2] = id >> 8;
		}
	}
}

static int isLineInformation(unsigned char code)
{
	return code == XS_CODE_LINE || code == XS_CODE_FILE || code == XS_CODE_PROFILE;
}

/* Both streams hold the same instructions, but for the line information; widths of branches may differ. */
static void writeLines(FILE* file, const char* module, const txScript* lean, const txScript* lined)
{
	const unsigned char *p = (unsigned char*)lean->codeBuffer, *q = (unsigned char*)lined->codeBuffer;
	const unsigned char *start = p, *pEnd = p + lean->codeSize, *qEnd = q + lined->codeSize;
	unsigned line = 0, written = 0;
	while (p < pEnd) {
		while (q < qEnd && isLineInformation(*q)) {
			if (*q == XS_CODE_LINE) line = read16(q + 1);
			q += instructionBytes(q);
		}
		if (q >= qEnd || abs((int)*p - (int)*q) > 2) fail(module, "the two compilations differ");
		if (line != written) {
			fprintf(file, "%s %u %u\n", module, (unsigned)(p - start), line);
			written = line;
		}
		p += instructionBytes(p);
		q += instructionBytes(q);
	}
}

static txScript* compileModule(const char* name, const char* path, txUnsigned flags)
{
	txParser parser;
	txParserJump jump;
	txScript* volatile script = NULL;
	FILE* file = fopen(path, "r");
	if (!file) fail(path, strerror(errno));
	fxInitializeParser(&parser, NULL, PARSER_BYTES, PARSER_SYMBOLS);
	parser.firstJump = &jump;
	if (c_setjmp(jump.jmp_buf) == 0) {
		txString map = NULL;
		parser.origin = parser.path = fxNewParserSymbol(&parser, (txString)name);
		fxParserTree(&parser, file, (txGetter)fgetc, flags, &map);
		fxParserHoist(&parser);
		fxParserBind(&parser);
		script = fxParserCode(&parser);
	}
	fclose(file);
	if (!script || parser.errorCount) fail(name, "not compiled");
	fxTerminateParser(&parser);
	return script;
}

static void writeString(FILE* file, const char* string)
{
	fputc('"', file);
	for (; *string; string++) {
		unsigned char c = (unsigned char)*string;
		if (c == '"' || c == '\\') fprintf(file, "\\%c", c);
		else if (c < 32 || c > 126) fprintf(file, "\\%03o", c);
		else fputc(c, file);
	}
	fputc('"', file);
}

static void writeCode(FILE* file, unsigned module, const txScript* script)
{
	const unsigned char* code = (unsigned char*)script->codeBuffer;
	fprintf(file, "static const unsigned char code%u[%d] = {", module, (int)script->codeSize);
	for (int i = 0; i < script->codeSize; i++) fprintf(file, "%s%u,", i % 32 ? "" : "\n", code[i]);
	fprintf(file, "\n};\n");
}

/* Returns the number of C functions that the module binds; the buffer is a count, then (length, id, name)... */
static unsigned writeHosts(FILE* file, unsigned module, const txScript* script, const unsigned* ids)
{
	const unsigned char* p = (unsigned char*)script->hostsBuffer;
	if (!p) return 0;
	unsigned count = read16(p);
	const unsigned char* first = p + 2;
	p = first;
	for (unsigned i = 0; i < count; i++) {
		fprintf(file, "extern void %s(xsMachine*);\n", (const char*)p + 3);
		p += 3 + strlen((const char*)p + 3) + 1;
	}
	fprintf(file, "static const ImageHost hosts%u[%u] = {\n", module, count);
	p = first;
	for (unsigned i = 0; i < count; i++) {
		unsigned id = read16(p + 1);
		if ((signed char)p[0] < 0) fail((const char*)p + 3, "host classes are not supported");
		fprintf(file, "\t{ %s, %u, %u },\n", (const char*)p + 3, p[0], id == XS_NO_ID ? id : ids[id]);
		p += 3 + strlen((const char*)p + 3) + 1;
	}
	fprintf(file, "};\n");
	return count;
}

static unsigned* linkSymbols(const txScript* script)
{
	const char* p = (const char*)script->symbolsBuffer;
	unsigned count = read16((const unsigned char*)p);
	unsigned* ids = calloc(count + 1, sizeof *ids);
	if (!ids) fail("symbols", "no memory");
	p += 2;
	for (unsigned i = 1; i < count; i++) {
		ids[i] = linkName(p);
		p += strlen(p) + 1;
	}
	return ids;
}

int main(int argc, char** argv)
{
	if (argc < 4 || argc - 3 > MODULES_MAX) fail("usage", "compiler OUTPUT.c OUTPUT.lines NAME=PATH...");
	FILE* file = fopen(argv[1], "w");
	FILE* lines = fopen(argv[2], "w");
	if (!file || !lines) fail(argv[1], strerror(errno));
	static unsigned hostCounts[MODULES_MAX], codeBytes[MODULES_MAX];
	unsigned modules = (unsigned)argc - 3;
	fprintf(file, "#include \"image.h\"\n");
	for (unsigned i = 0; i < modules; i++) {
		char* name = argv[i + 3];
		char* path = strchr(name, '=');
		if (!path) fail(name, "expected NAME=PATH");
		*path++ = 0;
		txScript* lean = compileModule(name, path, mxCFlag);
		txScript* lined = compileModule(name, path, mxCFlag | mxDebugFlag);
		writeLines(lines, name, lean, lined);
		linkName(name);
		unsigned* ids = linkSymbols(lean);
		linkCode((unsigned char*)lean->codeBuffer, (unsigned)lean->codeSize, ids);
		writeCode(file, i, lean);
		hostCounts[i] = writeHosts(file, i, lean, ids);
		codeBytes[i] = (unsigned)lean->codeSize;
		free(ids);
		fxDeleteScript(lean);
		fxDeleteScript(lined);
	}
	fprintf(file, "const unsigned imageFirstName = %d;\nconst unsigned imageNameCount = %u;\n", XS_ID_COUNT, nameCount);
	fprintf(file, "const char* const imageNames[] = {\n");
	for (unsigned i = 0; i < nameCount; i++) {
		fputc('\t', file);
		writeString(file, names[i]);
		fprintf(file, ",\n");
	}
	fprintf(file, "\t0\n};\nconst unsigned imageModuleCount = %u;\nconst ImageModule imageModules[] = {\n", modules);
	for (unsigned i = 0; i < modules; i++) {
		fprintf(file, "\t{ ");
		writeString(file, argv[i + 3]);
		fprintf(file, ", code%u, %u, ", i, codeBytes[i]);
		if (hostCounts[i]) fprintf(file, "hosts%u, %u },\n", i, hostCounts[i]);
		else fprintf(file, "0, 0 },\n");
		printf("%s %u\n", argv[i + 3], codeBytes[i]);
	}
	fprintf(file, "};\n");
	if (fclose(file) || fclose(lines)) fail(argv[1], strerror(errno));
	return 0;
}
