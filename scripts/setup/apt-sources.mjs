/**
 * The machine's own package sources, rewritten as sources of source packages.
 * Formats: sources.list(5), the one-line style and the deb822 style.
 */

/**
 * @param {string} text of a .list file
 * @param {string} codename of the release
 * @returns {string} deb-src lines; empty where the file names no archive of the release
 */
export function rewriteList(text, codename) {
	const lines = [];
	for (const line of text.split("\n")) {
		const match = /^\s*deb(?:-src)?\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+([^#]*)/.exec(line);
		if (match === null) continue;
		const [, options = "", uri, suite, components] = match;
		if (isRelease(suite, codename) && hasMain(components) && !uri.startsWith("cdrom:"))
			lines.push(`deb-src ${withoutArchitecture(options)}${uri} ${suite} main`);
	}
	return finish(lines);
}

/**
 * @param {string} text of a .sources file
 * @param {string} codename of the release
 * @returns {string} stanzas of type deb-src; empty where the file names no archive of the release
 */
export function rewriteSources(text, codename) {
	const stanzas = [];
	for (const stanza of text.split(/\n[ \t]*\n/)) {
		const fields = parseStanza(stanza);
		const suites = (fields.get("suites") ?? "").split(/\s+/).filter((suite) => isRelease(suite, codename));
		const off = /^(no|false|0|off|without|disable)$/i.test(fields.get("enabled") ?? "yes");
		if (off || suites.length === 0 || !fields.has("uris") || !hasMain(fields.get("components") ?? "")) continue;
		const lines = ["Types: deb-src", `URIs: ${fields.get("uris")}`, `Suites: ${suites.join(" ")}`, "Components: main"];
		if (fields.has("signed-by")) lines.push(`Signed-By: ${fields.get("signed-by")}`);
		if (fields.has("trusted")) lines.push(`Trusted: ${fields.get("trusted")}`);
		stanzas.push(lines.join("\n"));
	}
	return finish(stanzas.map((stanza) => `${stanza}\n`));
}

function parseStanza(stanza) {
	const fields = new Map();
	let name;
	for (const line of stanza.split("\n")) {
		if (line.startsWith("#")) continue;
		const match = /^([A-Za-z][A-Za-z-]*):\s*(.*)$/.exec(line);
		if (match !== null) {
			name = match[1].toLowerCase();
			fields.set(name, match[2].trim());
		} else if (/^\s+\S/.test(line) && name !== undefined) {
			// A key written into the field itself goes over many lines, which stay as they are.
			fields.set(name, `${fields.get(name)}\n${line}`);
		}
	}
	return fields;
}

// The plain suite holds the pinned version; updates and foreign archives would only cost time.
function isRelease(suite, codename) {
	return suite === codename || suite === "stable" || suite === "oldstable";
}

function hasMain(components) {
	return components.split(/\s+/).includes("main");
}

function withoutArchitecture(options) {
	const kept = options
		.replace(/[[\]]/g, " ")
		.split(/\s+/)
		.filter((option) => option !== "" && !/^arch[+-]?=/.test(option));
	return kept.length === 0 ? "" : `[${kept.join(" ")}] `;
}

function finish(parts) {
	return parts.length === 0 ? "" : `${parts.join("\n")}\n`;
}
