import assert from "node:assert/strict";
import { load } from "./load";

interface Package {
	version: string;
	integrity?: string;
	optional?: boolean;
	os?: string[];
	cpu?: string[];
}
type Lock = { packages: Record<string, Package> };
interface Modules {
	difference(wanted: Lock, found: Lock): string | undefined;
}

describe("setup: node modules", () => {
	let modules: Modules;
	before(async () => {
		modules = await load<Modules>("modules.mjs");
	});
	const a = { version: "1.0.0", integrity: "sha512-a" };
	const b = { version: "2.0.0", integrity: "sha512-b" };

	it("finds nothing to do where the installed packages are those of the lock file", () => {
		assert.equal(modules.difference({ packages: { "": a, a, b } }, { packages: { a, b } }), undefined);
	});

	it("names a package that is missing, of another version, of other content, or too many", () => {
		assert.equal(modules.difference({ packages: { a, b } }, { packages: { a } }), "b");
		assert.equal(modules.difference({ packages: { a } }, { packages: { a: { ...a, version: "1.0.1" } } }), "a");
		assert.equal(modules.difference({ packages: { a } }, { packages: { a: { ...a, integrity: "sha512-x" } } }), "a");
		assert.equal(modules.difference({ packages: { a } }, { packages: { a, b } }), "b");
	});

	it("does without an optional package for another kind of machine, and not for this one", () => {
		const elsewhere = { ...b, optional: true, os: ["plan9"] };
		const here = { ...b, optional: true, os: [process.platform], cpu: [process.arch] };
		assert.equal(modules.difference({ packages: { a, b: elsewhere } }, { packages: { a } }), undefined);
		assert.equal(modules.difference({ packages: { a, b: here } }, { packages: { a } }), "b");
	});
});
