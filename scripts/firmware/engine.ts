/** What is compiled for the board, for the host and for the bytecode compiler, and how. */
import { dirname, join } from "node:path";
import { interpreterSource } from "./interpreter";
import { type EngineMemory, FOUND_ROWS } from "./memory";
import { compileObjects, type Source } from "./objects";
import { BUILD, LWIP, QEMU, ROOT, XS } from "./paths";

export const BOARD_COMPILER = "arm-none-eabi-gcc";
export const HOST_COMPILER = "gcc";

/** The engine without its parser; five of its files are compiled through wrappers of ours. */
const ENGINE_FILES =
	"xsAll xsAPI xsArguments xsArray xsAtomics xsBigInt xsBoolean xsCommon xsDataView xsDate xsDebug xsError xsFunction xsGenerator xsGlobal xsJSON xsLockdown xsMapSet xsMarshall xsMath xsModule xsNumber xsObject xsProfile xsPromise xsProxy xsRegExp xsString xsSymbol xsdtoa xsmc xsre".split(
		" ",
	);
const ENGINE_WRAPPERS = ["memory", "forget", "defaults", "builders"];
const ENGINE_OWN = ["engine", "run", "stack", "preload", "colors", "natives"];
const BYTECODE_COMPILER_FILES =
	"xsBigInt xsCode xsCommon xsdtoa xsLexical xsre xsScope xsScript xsSourceMap xsSyntaxical xsTree".split(" ");
const BOARD_OWN = [
	"start",
	"console",
	"copy",
	"clock",
	"watchdog",
	"entropy",
	"flash",
	"ethernet",
	"datagrams",
	"main",
	"profile",
];
const LWIP_FILES = [
	"core/def core/inet_chksum core/init core/ip core/mem core/memp core/netif core/pbuf core/timeouts core/udp",
	"core/ipv4/etharp core/ipv4/icmp core/ipv4/ip4 core/ipv4/ip4_addr netif/ethernet",
]
	.join(" ")
	.split(" ");

const PROCESSOR = ["-mcpu=cortex-m7", "-mthumb", "-mfpu=fpv5-d16", "-mfloat-abi=hard"];
const SECTIONS = ["-fno-common", "-ffunction-sections", "-fdata-sections"];
const PLATFORM = ["-DINCLUDE_XSPLATFORM", '-DXSPLATFORM="platform.h"', "-DmxCESU8=1", `-I${join(QEMU, "engine")}`];
const XS_HEADERS = ["includes", "platforms", "sources"].flatMap((folder) => ["-isystem", join(XS, folder)]);
const LWIP_HEADERS = [`-I${join(QEMU, "board/lwip")}`, "-isystem", join(LWIP, "src/include")];
/** Bounds checks stay: without them a stack overflow of JavaScript overwrites memory. */
const ENGINE_DEFINES = ["-DmxRun=1", "-DmxBoundsCheck=1", "-DmxHostFunctionPrimitive=1", "-DmxUseDefaultCStackLimit=0"];
/** A native module counts a call's arguments once, so that the engine need not at each of them. */
const COUNTED_ARGUMENTS = ["-UmxBoundsCheck", "-DmxBoundsCheck=0"];
const STRICT = ["-std=gnu11", "-Wall", "-Wextra", "-Werror"];

export type Report = (line: string) => void;

const ownSources = (paths: readonly string[], flags: readonly string[]): Source[] =>
	paths.map((path) => ({ path, flags: [...flags, ...STRICT], includes: [XS, QEMU, join(ROOT, "platform/native")] }));

/** What others wrote, and our wrappers that include it, is compiled without warnings. */
const vendorSources = (paths: readonly string[], flags: readonly string[], headers: readonly string[] = []): Source[] =>
	paths.map((path) => ({
		path,
		flags: [...flags, "-w"],
		includes: [XS, join(QEMU, "engine/platform.h"), ...headers],
	}));

export interface BoardOptions {
	/** Modules and built-ins go to a read-only heap in flash. */
	preload: boolean;
	/** Samples which line runs, and prints it at the exit: see profile.ts. */
	profile: boolean;
	memory: EngineMemory;
}

const engineSources = (flags: readonly string[], profile: boolean, memory: EngineMemory): Source[] => [
	...vendorSources(
		ENGINE_FILES.map((name) => join(XS, "sources", `${name}.c`)),
		flags,
	),
	...vendorSources(
		[...ENGINE_WRAPPERS, profile ? "profiled-run" : "interpreter"].map((name) => join(QEMU, "engine", `${name}.c`)),
		[...flags, `-DBALSA_FOUND_ROWS=${memory.foundRows ?? FOUND_ROWS}`, `-I${dirname(interpreterSource())}`],
		[QEMU, join(QEMU, "engine/interpreter.c"), interpreterSource()],
	),
];

const engineOwn = ENGINE_OWN.map((name) => join(QEMU, "engine", `${name}.c`));

export const boardFlags = ({ preload, profile }: Omit<BoardOptions, "memory">): string[] => [
	...PROCESSOR,
	"-O2",
	...SECTIONS,
	...PLATFORM,
	...ENGINE_DEFINES,
	...XS_HEADERS,
	"-DBALSA_PRELOAD=1",
	`-DBALSA_PRELOAD_MODULES=${preload ? 1 : 0}`,
	...(profile ? ["-DBALSA_PROFILE=1"] : []),
];

/** @param natives C files of native modules */
export function boardObjects(options: BoardOptions, natives: readonly string[], report: Report): Promise<string[]> {
	const flags = boardFlags(options);
	const own = [...flags, ...LWIP_HEADERS];
	return compileObjects({
		title: "the engine and the board",
		compiler: BOARD_COMPILER,
		report,
		sources: [
			...engineSources(flags, options.profile, options.memory),
			...ownSources(engineOwn, flags),
			...ownSources(natives, [...flags, ...COUNTED_ARGUMENTS]),
			...ownSources(
				BOARD_OWN.map((name) => join(QEMU, "board", `${name}.c`)),
				own,
			),
			...vendorSources(
				LWIP_FILES.map((name) => join(LWIP, "src", `${name}.c`)),
				own,
				[LWIP, join(QEMU, "board/lwip")],
			),
		],
	});
}

export interface HostOptions {
	/** -fsanitize=address,undefined for our own C */
	sanitize: boolean;
	memory: EngineMemory;
}

export const hostFlags = (): string[] => ["-O2", "-g", ...SECTIONS, ...PLATFORM, ...ENGINE_DEFINES, ...XS_HEADERS];
export const SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"];

export function hostObjects(options: HostOptions, natives: readonly string[], report: Report): Promise<string[]> {
	const flags = hostFlags();
	const own = options.sanitize ? [...flags, ...SANITIZERS] : flags;
	return compileObjects({
		title: "the engine for this machine",
		compiler: HOST_COMPILER,
		report,
		sources: [
			...engineSources(flags, false, options.memory),
			...ownSources(engineOwn, own),
			...ownSources(natives, [...own, ...COUNTED_ARGUMENTS]),
			...ownSources([join(QEMU, "host/main.c"), join(QEMU, "host/drivers.c")], own),
		],
	});
}

/** @returns objects of the image's own tables: code, lines, and the engine's pools */
export function imageObjects(
	compiler: string,
	flags: readonly string[],
	tables: readonly string[],
	memory: EngineMemory,
): Promise<string[]> {
	const pools = [
		`-DBALSA_SLOT_COUNT=${memory.slots}`,
		`-DBALSA_CHUNK_BYTES=${memory.chunkBytes}`,
		`-DBALSA_STACK_COUNT=${memory.stackSlots}`,
		`-DBALSA_KEY_COUNT=${memory.names}`,
	];
	return compileObjects({
		title: "the image",
		compiler,
		report: () => {},
		sources: [...ownSources(tables, flags), ...ownSources([join(QEMU, "engine/pools.c")], [...flags, ...pools])],
	});
}

export function bytecodeCompilerObjects(report: Report): Promise<string[]> {
	const flags = ["-O1", "-fno-common", ...PLATFORM, "-DmxCompile=1", "-DmxParse=1", ...XS_HEADERS];
	return compileObjects({
		title: "the bytecode compiler",
		compiler: HOST_COMPILER,
		report,
		sources: [
			...vendorSources(
				BYTECODE_COMPILER_FILES.map((name) => join(XS, "sources", `${name}.c`)),
				flags,
			),
			...ownSources([join(QEMU, "compiler/compiler.c")], flags),
		],
	});
}

/** The board's linker line, without inputs. */
export const BOARD_LINK = [
	...PROCESSOR,
	"--specs=nano.specs",
	"-nostartfiles",
	"-Wl,--gc-sections",
	"-Wl,--no-warn-rwx-segments",
	"-T",
	join(QEMU, "board/link.ld"),
];

export const OUTPUTS = {
	board: join(BUILD, "firmware"),
	host: join(BUILD, "xs-host"),
	tools: join(BUILD, "tools"),
	root: ROOT,
};
