/**
 * `npm run footprint`: bytes of buffers that a whole node takes when it starts, by the file of the
 * core that takes them, for each profile. Counted as they are made: every typed array and
 * ArrayBuffer, with the 8 bytes of XS's header. Objects live in slots and are not counted here;
 * `npx balsa status --json` has both on a running board.
 */
import { parseArgs } from "node:util";
import { Configuration, ROLE_VOTER } from "../core/configuration";
import { type Limits, PROFILE_M, PROFILE_S } from "../core/limits";
import { Replica } from "../core/replica/replica";
import { MemoryFlash } from "../sim/memory-flash";
import { formattedPartition, PARTITION_BYTES, SECTOR_BYTES } from "./flash-image";

const HEADER_BYTES = 8;
const COUNTED = ["Uint8Array", "Uint16Array", "Uint32Array", "Int32Array", "Float64Array", "ArrayBuffer"] as const;

/** Runs `make` and says which file of the core took how many bytes. */
function count(make: () => void): Map<string, number> {
	const taken = new Map<string, number>();
	const globals = globalThis as unknown as Record<string, new (...parameters: unknown[]) => { byteLength: number }>;
	const originals = COUNTED.map((name) => globals[name]);
	for (const [i, name] of COUNTED.entries()) {
		globals[name] = new Proxy(originals[i], {
			construct(target, parameters) {
				const made = Reflect.construct(target, parameters);
				// A view of another's buffer takes nothing.
				if (typeof parameters[0] !== "number" && !Array.isArray(parameters[0])) return made;
				const file = /core\/[\w/-]+\.ts/.exec(new Error().stack ?? "")?.[0] ?? "elsewhere";
				taken.set(file, (taken.get(file) ?? 0) + made.byteLength + HEADER_BYTES);
				return made;
			},
		});
	}
	try {
		make();
	} finally {
		for (const [i, name] of COUNTED.entries()) globals[name] = originals[i];
	}
	return taken;
}

function footprint(limits: Limits): Map<string, number> {
	const configuration = new Configuration(limits.members);
	configuration.add(1, 1, ROLE_VOTER, 0x0a4d0001, 7000);
	const flash = new MemoryFlash(PARTITION_BYTES, SECTOR_BYTES);
	flash.bytes.set(formattedPartition({ clusterHigh: 1, clusterLow: 2, id: 1, incarnation: 1 }, configuration, limits));
	const ports = {
		network: { sourceAddress: 0, sourcePort: 0, receive: () => 0, send: () => undefined },
		flash,
		clock: { milliseconds: () => 0 },
		entropy: { random32: () => 1 },
		trace: { event: () => undefined },
		gauges: { gauge: () => 0 },
	};
	return count(() => new Replica(ports, limits));
}

const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });
for (const [name, limits] of Object.entries({ S: PROFILE_S, M: PROFILE_M })) {
	const parts = [...footprint(limits)].sort((a, b) => b[1] - a[1]);
	const total = parts.reduce((sum, [, bytes]) => sum + bytes, 0);
	if (values.json) {
		console.log(JSON.stringify({ profile: name, total, parts: Object.fromEntries(parts) }));
		continue;
	}
	console.log(`profile ${name}: ${total} bytes`);
	for (const [file, bytes] of parts) console.log(`  ${String(bytes).padStart(7)}  ${file}`);
}
