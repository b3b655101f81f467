/** `npm run sim`: whole clusters in a simulated world, in which everything goes wrong that can. */
import { bundleSimulator } from "./sim/bundle";
import { main } from "./sim/main";
import { MisplacedMark } from "./sim/marks";

// What the output is piped into may have seen enough.
process.stdout.on("error", () => process.exit(1));
try {
	process.exitCode = await main(process.argv, () => bundleSimulator());
} catch (error) {
	if (!(error instanceof MisplacedMark)) throw error;
	console.error(error.message);
	process.exitCode = 2;
}
