/** Writes down what a piece of code asks of the file system, in its order. */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { basename } from "node:path";

type Call = (...words: unknown[]) => unknown;
const NAMES = ["openSync", "closeSync", "writeSync", "ftruncateSync", "fsyncSync", "renameSync", "mkdirSync"] as const;

/** @returns one line for each call: its name without "Sync", and the last name of each path */
export function watchFiles(task: () => void): string[] {
	const calls: string[] = [];
	const paths = new Map<number, string>();
	const original = fs as unknown as Record<string, Call>;
	const before = new Map(NAMES.map((name) => [name, original[name]] as const));
	const say = (name: string, ...words: string[]) => calls.push([name, ...words].join(" "));
	for (const [name, call] of before)
		original[name] = (...words) => {
			const result = call(...words);
			const path = typeof words[0] === "number" ? (paths.get(words[0]) ?? "?") : basename(String(words[0]));
			if (name === "openSync") paths.set(result as number, path);
			if (name === "renameSync") say("rename", path, basename(String(words[1])));
			else say(name.replace("Sync", ""), path);
			return result;
		};
	syncBuiltinESMExports();
	try {
		task();
	} finally {
		for (const [name, call] of before) original[name] = call;
		syncBuiltinESMExports();
	}
	return calls;
}
