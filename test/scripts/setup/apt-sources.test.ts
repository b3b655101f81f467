import assert from "node:assert/strict";
import { load } from "./load";

interface AptSources {
	rewriteList(text: string, codename: string): string;
	rewriteSources(text: string, codename: string): string;
}

describe("setup: the machine's package sources as sources of source packages", () => {
	let sources: AptSources;
	before(async () => {
		sources = await load<AptSources>("apt-sources.mjs");
	});

	it("rewrites the entries of the release in one-line style and leaves out all others", () => {
		const text = [
			"# deb http://commented.example/debian bookworm main",
			"deb [arch=amd64 signed-by=/usr/share/keyrings/a.gpg] http://mirror.example/debian bookworm main contrib # note",
			"deb http://mirror.example/debian bookworm-updates main",
			"deb http://mirror.example/debian-security bookworm-security main",
			"deb http://tools.example/apt tools-bookworm main",
			"deb http://mirror.example/debian bookworm contrib",
			"deb cdrom:[Debian 12]/ bookworm main",
			"",
		].join("\n");
		assert.equal(
			sources.rewriteList(text, "bookworm"),
			"deb-src [signed-by=/usr/share/keyrings/a.gpg] http://mirror.example/debian bookworm main\n",
		);
	});

	it("keeps an entry without options as it is", () => {
		assert.equal(
			sources.rewriteList("deb http://mirror.example/debian bookworm main", "bookworm"),
			"deb-src http://mirror.example/debian bookworm main\n",
		);
	});

	it("rewrites deb822 stanzas, with comments between fields and a key inside a field", () => {
		const text = [
			"Types: deb",
			"# a comment",
			"URIs: http://mirror.example/debian",
			"Suites: bookworm bookworm-updates",
			"Components: main contrib",
			"Signed-By:",
			" -----BEGIN PGP PUBLIC KEY BLOCK-----",
			" .",
			" abc",
			"",
			"Types: deb",
			"URIs: http://mirror.example/debian-security",
			"Suites: bookworm-security",
			"Components: main",
			"",
			"Enabled: no",
			"Types: deb",
			"URIs: http://off.example/debian",
			"Suites: bookworm",
			"Components: main",
		].join("\n");
		assert.equal(
			sources.rewriteSources(text, "bookworm"),
			[
				"Types: deb-src",
				"URIs: http://mirror.example/debian",
				"Suites: bookworm",
				"Components: main",
				"Signed-By: ",
				" -----BEGIN PGP PUBLIC KEY BLOCK-----",
				" .",
				" abc",
				"",
				"",
			].join("\n"),
		);
	});

	it("gives nothing where no entry is of the release", () => {
		assert.equal(sources.rewriteList("deb http://mirror.example/debian trixie main", "bookworm"), "");
		assert.equal(
			sources.rewriteSources("Types: deb\nURIs: http://x.example/\nSuites: trixie\nComponents: main", "bookworm"),
			"",
		);
	});
});
