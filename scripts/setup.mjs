/**
 * Everything that Balsa needs on a fresh machine; a second start finds it done.
 * Depends on Node.js alone, because it runs before there are node modules.
 */
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { LockToolMissing } from "../platform/node/kernel-lock.mjs";
import { causeOf, EXIT_ACTION_NEEDED, EXIT_FAILED, SetupFailure } from "./setup/failure.mjs";
import { takeLock } from "./setup/lock.mjs";
import { setUpLwip } from "./setup/lwip.mjs";
import { setUpModules } from "./setup/modules.mjs";
import { checkNodeVersion } from "./setup/node-version.mjs";
import { setUpPackages } from "./setup/packages.mjs";
import { endProgram } from "./setup/run.mjs";
import { setUpXs } from "./setup/xs.mjs";

const HELP = `usage: node scripts/setup.mjs [--help]

Installs what Balsa needs and is not there yet:
  Debian packages   qemu-system-arm gcc-arm-none-eabi libnewlib-arm-none-eabi gcc libc6-dev xz-utils
                    (as root or with a sudo that asks nothing; else the line to type is printed)
  node modules      as package-lock.json names them (node_modules/)
  lwIP, XS          C sources, pinned by hash (build/vendor/)
Nothing else of the system is touched. To remove all but the Debian packages, delete node_modules/ and build/.
Behind a proxy, set http_proxy and https_proxy.

exit code: 0 done, 1 failed, 2 you have to do something first (the message says what)`;

/** What a shell reports of a program that the signal ended. */
const SIGNALS = Object.entries({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 });

async function main() {
	const root = dirname(dirname(fileURLToPath(import.meta.url)));
	const build = join(root, "build");
	let steps = 0;
	const context = {
		root,
		build,
		log: join(build, "setup", "log"),
		// By process, because programs that a killed set-up started may go on for a while.
		work: join(build, "setup", `work-${process.pid}`),
		say(line) {
			steps += 1;
			console.log(`setup: ${line}`);
		},
	};
	checkNodeVersion(process.versions.node);
	mkdirSync(join(build, "setup"), { recursive: true });
	const release = await takeLock(join(build, "setup", "lock"), (pid) =>
		context.say(`another set-up (process ${pid || "not seen from here"}) runs here; waiting for it`),
	);
	process.once("exit", () => {
		rmSync(context.work, { recursive: true, force: true });
		release();
	});
	for (const name of readdirSync(join(build, "setup")).filter((each) => each === "log" || each.startsWith("work-")))
		rmSync(join(build, "setup", name), { recursive: true, force: true });
	await setUpPackages(context);
	await setUpModules(context);
	await setUpXs(context);
	await setUpLwip(context);
	if (steps > 0) context.say("done");
}

function report(error) {
	const known = error instanceof SetupFailure || error instanceof LockToolMissing;
	const message = known ? error.message : (causeOf(`${error.code} ${error.message}`) ?? error.stack);
	console.error(`setup: ${message}`);
	process.exitCode = known ? (error.exitCode ?? EXIT_ACTION_NEEDED) : EXIT_FAILED;
}

const [argument] = process.argv.slice(2);
if (argument === "--help") {
	console.log(HELP);
} else if (argument !== undefined) {
	console.error(`setup: unknown argument ${argument}; --help tells`);
	process.exitCode = EXIT_ACTION_NEEDED;
} else {
	for (const [signal, code] of SIGNALS)
		process.once(signal, () => void endProgram(signal).then(() => process.exit(code)));
	main().catch(report);
}
