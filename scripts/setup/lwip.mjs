/** lwIP's sources, from Debian's source package, without root and without touching the system's apt files. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rewriteList, rewriteSources } from "./apt-sources.mjs";
import { SetupFailure } from "./failure.mjs";
import { run } from "./run.mjs";
import { pins, vendor } from "./vendor.mjs";

/** build/vendor/lwip: src/ as in lwIP's own tree. */
export function setUpLwip(context) {
	const { version, file, sha256 } = pins.lwip;
	return vendor(context, {
		name: "lwip",
		title: `lwIP (Debian source package ${version})`,
		file,
		sha256,
		hint: "10 MB of package lists, then 0.5 MB",
		fetch: (folder) => fetchSource(context, folder, `lwip=${version}`),
		tarArguments: ["--strip-components=1"],
	});
}

async function fetchSource(context, folder, source) {
	const apt = join(context.work, "apt");
	const configuration = writeConfiguration(apt, context.aptFolder ?? "/etc/apt", codename());
	await run(context, "reading Debian's list of source packages", ["apt-get", "-c", configuration, "-q", "update"]);
	await run(
		context,
		`fetching the source package ${source}`,
		["apt-get", "-c", configuration, "-q", "source", "--download-only", source],
		{
			cwd: folder,
		},
	);
}

/**
 * Writes an apt configuration of our own, with its own lists, state and cache, below `folder`.
 * @param {string} folder
 * @param {string} system the machine's apt folder, which is only read
 * @param {string} release Debian's codename
 * @returns {string} the configuration file
 * @throws {SetupFailure} where the machine names no Debian archive
 */
export function writeConfiguration(folder, system, release) {
	const parts = join(folder, "sources.list.d");
	for (const each of [parts, join(folder, "state", "lists", "partial"), join(folder, "cache", "archives", "partial")])
		mkdirSync(each, { recursive: true });

	let count = 0;
	for (const path of sourceFiles(system)) {
		const isList = path.endsWith(".list");
		const text = (isList ? rewriteList : rewriteSources)(readFileSync(path, "utf8"), release);
		if (text !== "") {
			writeFileSync(join(parts, `${count}.${isList ? "list" : "sources"}`), text);
			count += 1;
		}
	}
	if (count === 0)
		throw new SetupFailure(
			`lwIP comes from Debian's archive, and ${system} names none for ${release} (Debian 12 is what Balsa is built on)`,
		);

	const configuration = join(folder, "apt.conf");
	writeFileSync(
		configuration,
		[
			`Dir::Etc::SourceList "${join(folder, "none.list")}";`,
			`Dir::Etc::SourceParts "${parts}";`,
			`Dir::State "${join(folder, "state")}";`,
			`Dir::State::Lists "${join(folder, "state", "lists")}";`,
			'Dir::State::status "/var/lib/dpkg/status";',
			`Dir::Cache "${join(folder, "cache")}";`,
			'Acquire::Languages "none";',
			'Acquire::Retries "2";',
			// Else apt takes an archive that does not answer for an empty one.
			'APT::Update::Error-Mode "any";',
			// As root, apt would fetch as another user, who may not enter this folder; signatures are checked all the same.
			'APT::Sandbox::User "root";',
			// The system's hooks would touch the system.
			"#clear APT::Update::Pre-Invoke;",
			"#clear APT::Update::Post-Invoke;",
			"#clear APT::Update::Post-Invoke-Success;",
			"",
		].join("\n"),
	);
	return configuration;
}

function sourceFiles(system) {
	const files = [join(system, "sources.list")].filter((path) => existsSync(path));
	const parts = join(system, "sources.list.d");
	if (existsSync(parts))
		for (const name of readdirSync(parts).sort())
			if (name.endsWith(".list") || name.endsWith(".sources")) files.push(join(parts, name));
	return files;
}

function codename() {
	try {
		return /^VERSION_CODENAME=(\S+)$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "bookworm";
	} catch {
		return "bookworm";
	}
}
