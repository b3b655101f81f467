#!/usr/bin/env node
/** The `balsa` command. */
import { pathToFileURL } from "node:url";
import { commandBundle } from "./balsa/bundle.mjs";

const EXIT_REFUSED = 1;
const EXIT_UNKNOWN = 3;

// A reader that has seen enough closes the pipe (`balsa range | head -1`). Other failures hide what was done.
process.stdout.on("error", (error) => {
	if (error.code === "EPIPE") return;
	console.error(`balsa: the output cannot be written (${error.code})`);
	process.exit(EXIT_UNKNOWN);
});

try {
	const { main } = await import(pathToFileURL(await commandBundle()).href);
	process.exitCode = await main(process.argv.slice(2));
} catch (error) {
	if (error?.code !== "ERR_MODULE_NOT_FOUND" || !error.message.includes("'esbuild'")) throw error;
	console.error("balsa: the node modules are missing. Run `npm run setup` first.");
	process.exitCode = EXIT_REFUSED;
}
