/** Drives the SDK's command-line tools: mcconfig, and the part of its makefile that needs no ESP-IDF. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Thrown when a tool is missing or fails; the message carries the end of its output. */
export class BuildFailed extends Error {
	constructor(message: string) {
		super(message);
		this.name = "BuildFailed";
	}
}

export interface Build {
	readonly makefile: string;
	/** ESP-IDF's configuration, the SDK's and ours merged. */
	readonly sdkconfig: string;
	/** What the linker writes: bytecode and preloaded slots as C. */
	readonly linked: string;
	/** Folder of the compiled modules, <name>.xsb. */
	readonly bytecode: string;
	readonly environment: NodeJS.ProcessEnv;
}

/** As the manifest calls the application. */
const NAME = "balsa";
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const TAIL_LINES = 60;

function run(command: string, options: readonly string[], environment: NodeJS.ProcessEnv, cwd: string): string {
	const result = spawnSync(command, options, { env: environment, cwd, encoding: "utf8", maxBuffer: OUTPUT_BYTES_MAX });
	if (result.error !== undefined) throw new BuildFailed(`${command} cannot be run: ${result.error.message}`);
	const output = `${result.stdout}${result.stderr}`;
	if (result.status !== 0) {
		const tail = output.trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
		throw new BuildFailed(`${command} ${options.join(" ")} ended with ${result.status}\n${tail}`);
	}
	return output;
}

/** @returns the folder of the SDK's host tools */
function toolsOf(sdk: string): string {
	const host = process.platform === "darwin" ? "mac" : "lin";
	for (const kind of ["release", "debug"]) {
		const folder = join(sdk, "build/bin", host, kind);
		if (existsSync(join(folder, "mcconfig")) && existsSync(join(folder, "xsl"))) return folder;
	}
	throw new BuildFailed(`the SDK's tools were not built: no mcconfig and xsl under ${join(sdk, "build/bin", host)}`);
}

/** The makefile asks git for the version of ESP-IDF before anything else; an empty repository will do. */
function standInForEspIdf(scratch: string, environment: NodeJS.ProcessEnv): string {
	const folder = join(scratch, "esp-idf");
	if (existsSync(folder)) return folder;
	mkdirSync(folder);
	const who = ["-c", "user.name=check", "-c", "user.email=check@localhost"];
	run("git", ["init", "--quiet"], environment, folder);
	run("git", [...who, "commit", "--quiet", "--allow-empty", "-m", "stand-in"], environment, folder);
	run("git", [...who, "tag", "v6.0"], environment, folder);
	return folder;
}

/** Resolves the manifest for a target of the SDK and writes its makefile. */
export function configure(sdk: string, scratch: string, manifest: string, target: string): Build {
	const compilers = fileURLToPath(new URL("../../node_modules/.bin", import.meta.url));
	const path = [toolsOf(sdk), compilers, process.env["PATH"] ?? ""].join(delimiter);
	const environment: NodeJS.ProcessEnv = { ...process.env, PATH: path, MODDABLE: sdk };
	environment["IDF_PATH"] = standInForEspIdf(scratch, environment);
	const output = join(scratch, target.replaceAll("/", "-"));
	mkdirSync(output, { recursive: true });
	run("mcconfig", ["-p", target, "-o", output, manifest], environment, scratch);
	const [platform, board = ""] = target.split("/");
	const folder = join(output, "tmp", platform, board, "release", NAME);
	const project = readdirSync(folder).find((name) => name.startsWith("xsProj-"));
	if (project === undefined) throw new BuildFailed(`mcconfig made no project for ${target}`);
	return {
		makefile: join(folder, "makefile"),
		sdkconfig: join(folder, project, "sdkconfig.mc"),
		linked: join(folder, "mc.xs.c"),
		bytecode: join(folder, "modules"),
		environment,
	};
}

/** Type check, bytecode and link. @returns what the tools said */
export function link(build: Build): string {
	const header = join(build.sdkconfig, "../build/config");
	mkdirSync(header, { recursive: true });
	// ESP-IDF's own configuration step would write it; the script's part of the build only waits for it.
	writeFileSync(join(header, "sdkconfig.h"), "");
	const jobs = `-j${Math.max(1, Math.min(2, cpus().length))}`;
	return run("make", [jobs, "-f", build.makefile, build.linked], build.environment, join(build.makefile, ".."));
}
