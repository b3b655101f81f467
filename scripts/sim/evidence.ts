/**
 * The evidence: a file with one line of JSON for each range of seeds that was run, with the commit
 * that it was run at. A line is evidence for the sources it was made with; a range counts once.
 */
import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Outcome } from "./sweep";
import { addSums, NO_SUMS, type Sums } from "./totals";

const ROOT = join(import.meta.dirname, "../..");
/** What a run of the simulator is made of. */
const SOURCES = ["core", "sim"];

/** What the sources are, as git names them. */
export interface Version {
	readonly commit: string;
	/** The trees of core/ and sim/: equal for all commits that did not change them. */
	readonly sources: string;
	/** True when the work tree differs from the commit there. */
	readonly isDirty: boolean;
}

export interface EvidenceLine extends Sums {
	readonly from: number;
	/** Included. */
	readonly to: number;
	readonly commit: string;
	readonly sources: string;
	readonly dirty: boolean;
	readonly faults: { readonly [fault: string]: number };
	/** Of all runs that ended well, in order. */
	readonly traceHash: number;
	readonly failures: readonly { readonly seed: number; readonly property: string }[];
}

function git(...parameters: string[]): string {
	return execFileSync("git", parameters, { cwd: ROOT, encoding: "utf8" }).trim();
}

export function readVersion(): Version {
	const [commit, ...trees] = git("rev-parse", "HEAD", ...SOURCES.map((folder) => `HEAD:${folder}`)).split("\n");
	return {
		commit,
		sources: trees.map((tree) => tree.slice(0, 12)).join("+"),
		isDirty: git("status", "--porcelain", "--", ...SOURCES) !== "",
	};
}

/** @returns whether `commit` is `since` or came after it */
export function isSince(commit: string, since: string): boolean {
	try {
		git("merge-base", "--is-ancestor", since, commit);
		return true;
	} catch {
		return false;
	}
}

export function readEvidence(path: string): EvidenceLine[] {
	if (!existsSync(path)) return [];
	const lines = readFileSync(path, "utf8").split("\n");
	return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as EvidenceLine);
}

export function appendEvidence(path: string, from: number, to: number, version: Version, outcome: Outcome): void {
	const { failures, totals } = outcome;
	const line: EvidenceLine = {
		from,
		to,
		commit: version.commit,
		sources: version.sources,
		dirty: version.isDirty,
		...totals.sums,
		faults: totals.faults(),
		traceHash: totals.traceHash(),
		failures: failures.map(({ property, seed }) => ({ seed, property })),
	};
	mkdirSync(dirname(path), { recursive: true });
	appendFileSync(path, `${JSON.stringify(line)}\n`);
}

/** Seeds, the first and the last included. */
export interface Range {
	readonly from: number;
	readonly to: number;
}

/** @returns the seeds from `from` to `to` that are in none of the ranges, in pieces of at most `chunk` */
export function missing(from: number, to: number, done: readonly Range[], chunk: number): Range[] {
	const sorted = [...done].sort((a, b) => a.from - b.from);
	const left: Range[] = [];
	let next = from;
	const fill = (until: number) => {
		for (; next <= until; next = Math.min(next + chunk - 1, until) + 1)
			left.push({ from: next, to: Math.min(next + chunk - 1, until) });
	};
	for (const range of sorted) {
		if (range.to < next) continue;
		fill(Math.min(range.from - 1, to));
		next = Math.max(next, range.to + 1);
	}
	fill(to);
	return left;
}

/**
 * @returns the lines that are evidence for these sources, or of `since` and later if that is said; a
 * range in which something failed is to be run again
 */
export function relevant(lines: readonly EvidenceLine[], version: Version, since: string | null): EvidenceLine[] {
	return lines.filter((line) => {
		if (line.dirty || line.failures.length > 0) return false;
		return line.sources === version.sources || (since !== null && isSince(line.commit, since));
	});
}

/** What the evidence comes to for one version of the sources. */
export interface EvidenceSum {
	readonly sources: string;
	/** The first commit that it was run at. */
	readonly commit: string;
	readonly dirty: boolean;
	readonly sums: Sums;
	readonly faults: { readonly [fault: string]: number };
	readonly failures: readonly { readonly seed: number; readonly property: string }[];
}

/** @returns a sum for each version of the sources, in order of the file; a seed counts once in each */
export function sumEvidence(lines: readonly EvidenceLine[]): EvidenceSum[] {
	const groups = new Map<string, EvidenceLine[]>();
	for (const line of lines) {
		const key = `${line.sources} ${line.dirty}`;
		const group = groups.get(key) ?? [];
		groups.set(key, group);
		// A range that was run again, or that lies across another, would count seeds twice.
		if (!group.some(({ from, to }) => line.from <= to && line.to >= from)) group.push(line);
	}
	return [...groups.values()].map((group) => {
		const sums = { ...NO_SUMS };
		const faults: { [fault: string]: number } = {};
		for (const line of group) {
			addSums(sums, line);
			for (const [fault, times] of Object.entries(line.faults)) faults[fault] = (faults[fault] ?? 0) + times;
		}
		const [{ commit, dirty, sources }] = group;
		return { sources, commit, dirty, sums, faults, failures: group.flatMap(({ failures }) => failures) };
	});
}
