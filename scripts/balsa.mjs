#!/usr/bin/env node
/** The `balsa` command. It runs from its TypeScript sources, so it needs the node modules of the set-up. */
const EXIT_REFUSED = 1;
const EXIT_UNKNOWN = 3;

// Whoever read the output has seen enough (`balsa range | head -1`); else what was done stays untold.
process.stdout.on("error", (error) => {
	if (error.code === "EPIPE") return;
	console.error(`balsa: the output cannot be written (${error.code})`);
	process.exit(EXIT_UNKNOWN);
});

try {
	const { register } = await import("tsx/esm/api");
	register();
	const { main } = await import("./balsa/main.ts");
	process.exitCode = await main(process.argv.slice(2));
} catch (error) {
	if (error?.code !== "ERR_MODULE_NOT_FOUND" || !/'(tsx|commander)/.test(error.message)) throw error;
	console.error("balsa: the node modules are not there yet: run `npm run setup` first");
	process.exitCode = EXIT_REFUSED;
}
