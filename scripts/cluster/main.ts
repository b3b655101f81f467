/**
 * Runs a cluster of boards with any firmware until it is asked to end:
 * `node --import tsx scripts/cluster/main.ts FIRMWARE.elf [--members 5] [--folder DIR]`.
 * Prints one line when all boards run. The flash of a new board is blank: `npm start` formats it.
 */
import { parseArgs } from "node:util";
import { Cluster } from "./cluster";
import { Refusal } from "./refusal";
import { endWithParent } from "./signals";

const USAGE = 2;

async function main(): Promise<void> {
	const { values, positionals } = parseArgs({
		allowPositionals: true,
		options: { members: { type: "string", default: "5" }, folder: { type: "string" } },
	});
	const count = Number(values.members);
	if (positionals.length !== 1 || !Number.isInteger(count) || count < 1) {
		console.error("usage: node --import tsx scripts/cluster/main.ts FIRMWARE.elf [--members 5] [--folder DIR]");
		process.exitCode = USAGE;
		return;
	}
	let cluster: Cluster | undefined;
	endWithParent(() => cluster);
	cluster = await Cluster.start({
		firmware: positionals[0],
		members: Array.from({ length: count }, (_, index) => index + 1),
		format: () => new Uint8Array(0),
		say: (id, text) => console.log(`${id}: ${text}`),
		...(values.folder === undefined ? {} : { folder: values.folder }),
	});
	console.log(`running, process ${process.pid}`);
}

main().catch((error) => {
	console.error(error instanceof Refusal ? `${error.code}: ${error.message}` : error);
	process.exit(1);
});
