/** Debian packages that the firmware's build and the emulated boards need. */
import { EXIT_ACTION_NEEDED, SetupFailure } from "./failure.mjs";
import { probe, run, tryRun } from "./run.mjs";

// What each package gives is looked for, not the package: a tool that came another way is as good.
const PACKAGES = [
	{ name: "qemu-system-arm", has: () => probe(["qemu-system-arm", "--version"]).ok },
	{ name: "gcc-arm-none-eabi", has: () => probe(["arm-none-eabi-gcc", "-dumpversion"]).ok },
	{ name: "libnewlib-arm-none-eabi", has: () => knowsFile("arm-none-eabi-gcc", "nano.specs") },
	{ name: "gcc", has: () => probe(["gcc", "-dumpversion"]).ok },
	{ name: "libc6-dev", has: () => knowsFile("gcc", "crt1.o") },
	{ name: "xz-utils", has: () => probe(["xz", "--version"]).ok },
];

// gcc answers with a path where it finds the file, else with the bare name.
function knowsFile(compiler, file) {
	return probe([compiler, `-print-file-name=${file}`]).output.includes("/");
}

/** @returns {string[]} names of the packages whose files are not there */
export function missingPackages() {
	return PACKAGES.filter((each) => !each.has()).map((each) => each.name);
}

/**
 * Installs what is missing, where that needs no question.
 * @throws {SetupFailure} with the line to type, where it does
 */
export async function setUpPackages(context) {
	const missing = missingPackages();
	if (missing.length === 0) return;
	const names = missing.join(" ");
	if (!probe(["apt-get", "--version"]).ok)
		throw new SetupFailure(
			`these are missing, and there is no apt-get to install them with (names as in Debian 12): ${names}`,
			EXIT_ACTION_NEEDED,
		);

	const prefix = privilege();
	if (prefix === undefined)
		throw new SetupFailure(
			`some Debian packages are missing; type this line, then start again:\n${lineToType(names)}`,
			EXIT_ACTION_NEEDED,
		);

	context.say(`Debian packages ${names}: installing (some minutes; up to 2 GB on the disk)`);
	// An index that cannot be refreshed matters only if the installation then fails.
	await tryRun(context, [...prefix, "apt-get", "-q", "update"], { endsItself: true });
	const install = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "--yes", "--no-install-recommends"];
	await run(context, `installing the Debian packages ${names}`, [...prefix, ...install, "install", ...missing], {
		endsItself: true,
	});
	const still = missingPackages();
	if (still.length > 0)
		throw new SetupFailure(
			`apt installed ${still.join(" ")}, but the tools do not run (all of its output: ${context.log})`,
		);
}

/** @returns {string[] | undefined} what goes before a command to run it as root; nothing where that takes a password */
function privilege() {
	if (process.getuid() === 0) return [];
	if (probe(["sudo", "-n", "true"]).ok) return ["sudo", "-n", "--preserve-env=http_proxy,https_proxy,no_proxy"];
	return undefined;
}

function lineToType(names) {
	const install = `apt-get install --yes --no-install-recommends ${names}`;
	if (probe(["sudo", "--version"]).ok) return `sudo apt-get update && sudo ${install}`;
	return `su -c "apt-get update && ${install}"`;
}
