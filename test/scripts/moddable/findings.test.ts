import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
	creationOf,
	findDevice,
	findLink,
	findPartitions,
	findPreloads,
	ownModules,
	ownWarnings,
} from "../../../scripts/moddable/findings";
import { modulesOf, preloadOf } from "../../../scripts/moddable/preload";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const read = (path: string) => readFileSync(`${ROOT}${path}`, "utf8");

/** The lines of mcconfig's makefile that count. */
function makefile(creation: string, preloads: readonly string[]): string {
	return [
		"MODULES = /sdk/modules",
		`CREATION = -c ${creation}`,
		"",
		"MODULES =\\",
		"	$(MODULES_DIR)/timer.xsb\\",
		"	$(MODULES_DIR)/core/raft/raft.xsb\\",
		"	$(MODULES_DIR)/firmware/main.xsb",
		"",
		"PRELOADS =\\",
		...preloads.map((preload) => `	-p ${preload}.xsb\\`),
		"",
		"",
	].join("\n");
}

const FIXED = "98304,0,3712,0,512,32,32,53,3,1024,17,0,firmware/main,0";
const ALL = ["timer", "core/raft/raft", "firmware/main"];
const SDKCONFIG = [
	"CONFIG_ESP_TASK_WDT_EN=y",
	"CONFIG_ESP_TASK_WDT_PANIC=y",
	"CONFIG_ESP_TASK_WDT_TIMEOUT_S=10",
	"CONFIG_ESP_SYSTEM_PANIC_PRINT_REBOOT=y",
	"CONFIG_ESP_CONSOLE_UART_DEFAULT=y",
].join("\n");

describe("what a build for Moddable must hold", () => {
	it("has each module of ours preloaded", () => {
		assert.deepEqual(ownModules(makefile(FIXED, ALL)), ["core/raft/raft", "firmware/main"]);
		assert.deepEqual(findPreloads(makefile(FIXED, ALL)), []);
		assert.match(findPreloads(makefile(FIXED, ["timer", "firmware/main"]))[0], /not preloaded.*core\/raft\/raft$/);
		assert.equal(findPreloads("").length, 1);
	});

	it("has memory that is fixed and fits an ESP32", () => {
		assert.deepEqual(findDevice(makefile(FIXED, ALL), SDKCONFIG), []);
		assert.match(creationOf(makefile(FIXED, ALL)), /165888 bytes in all/);
		const found = (creation: string) => findDevice(makefile(creation, ALL), SDKCONFIG).join();
		assert.match(found("98304,1024,3712,0,512,0"), /may grow/);
		assert.match(found("98304,0,3712,64,512,0"), /may grow/);
		assert.match(found("98308,0,64,0,512,0"), /larger than a free block/);
		assert.match(found("96000,0,4928,0,512,0"), /larger than 157,696/);
		assert.notEqual(findDevice("", SDKCONFIG).length, 0);
	});

	it("has a watchdog above the longest erase, and a console", () => {
		const found = (from: string, to: string) => findDevice(makefile(FIXED, ALL), SDKCONFIG.replace(from, to)).join();
		assert.match(found("WDT_EN=y", "WDT_EN=n"), /CONFIG_ESP_TASK_WDT_EN is n/);
		assert.match(found("TIMEOUT_S=10", "TIMEOUT_S=1"), /not above/);
		assert.match(found("CONFIG_ESP_CONSOLE_UART_DEFAULT=y", ""), /not set/);
	});

	it("tells the linker's warnings about us from those about the SDK", () => {
		const output = [
			"# xsl modules",
			"### 1748 instances, 1809 keys, 81 colors, 0 holes",
			"### warning: embedded:network/dnssd: default() dnssd: no const",
			"### warning: core/replica/replica: Replica() 0() status: no const",
			"### error: firmware/main: default(): generator",
		].join("\n");
		assert.equal(ownWarnings(output).length, 2);
	});

	it("reads how much flash and RAM the linked modules take", () => {
		const linked = findLink("#define mxAliasCount 113\n#define mxHeapCount 11179\n#define mxKeysCount 1928\n");
		assert.deepEqual(linked, { slots: 11179, slotBytes: 178864, aliases: 113, aliasBytes: 452, keys: 1928 });
		assert.throws(() => findLink(""));
	});

	it("has partition tables that fit 4 MB and hold the journal", () => {
		const table = read("platform/moddable/partitions.csv");
		assert.deepEqual(findPartitions(table, "factory"), []);
		assert.deepEqual(findPartitions(read("platform/moddable/partitions-ota.csv"), "ota_1"), []);
		const found = (from: string, to: string) => findPartitions(table.replace(from, to), "factory").join();
		assert.match(found("0x2F0000", "0x300000"), /overlaps/);
		assert.match(found("0x10000, ", "0x11000, "), /not aligned/);
		assert.match(found("0x300000, 0x100000", "0x310000, 0x100000"), /larger than 4 MB/);
		assert.match(found("balsa, ", "other, "), /no data partition balsa/);
	});

	it("keeps NVS and the journal where they are when a board changes to the other table", () => {
		const row = (path: string, name: string) =>
			read(path)
				.split("\n")
				.filter((line) => line.startsWith(`${name},`))
				.map((line) => line.replaceAll(" ", ""));
		for (const name of ["nvs", "balsa"])
			assert.deepEqual(
				row("platform/moddable/partitions.csv", name),
				row("platform/moddable/partitions-ota.csv", name),
			);
	});

	it("preloads every module of ours (npm run check:moddable -- --write-preload)", () => {
		const manifest = `${ROOT}manifest.json`;
		assert.ok(modulesOf(manifest).length > 50);
		assert.ok(modulesOf(manifest).includes("core/bytes"), "the native twin");
		assert.deepEqual(preloadOf(manifest), modulesOf(manifest));
		for (const folder of readdirSync(`${ROOT}core`, { withFileTypes: true }))
			if (folder.isDirectory())
				assert.ok(read("manifest.json").includes(`"core/${folder.name}/*"`), `the manifest has no core/${folder.name}`);
	});
});
