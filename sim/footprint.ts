/**
 * How much a thing of the core holds: all fields of all objects that it leads to, all elements of
 * its arrays, all bytes of its buffers. A node takes everything when it starts, so this number must
 * stay what it was: a leak of one object an hour shows, whatever the engine's collector does.
 */

/** @param root whatever it reaches through fields and elements is counted once, functions apart */
export function footprint(root: object): number {
	const seen = new Set<object>([root]);
	const open: object[] = [root];
	let total = 0;
	for (let thing = open.pop(); thing !== undefined; thing = open.pop()) {
		if (ArrayBuffer.isView(thing)) {
			total += thing.byteLength;
			continue;
		}
		for (const [key, value] of Object.entries(thing)) {
			// Ports are the platform's, which here is the simulator.
			if (key === "ports" || key === "network" || key === "flash" || key === "trace") continue;
			total++;
			if (typeof value !== "object" || value === null || seen.has(value)) continue;
			seen.add(value);
			open.push(value);
		}
	}
	return total;
}
