/** `node --import` of this counts branches under BALSA_COVERAGE_FOLDER, and writes them to BALSA_COVERAGE_FILE at the end. */
import { writeFileSync } from "node:fs";
import { register } from "node:module";

register("./hooks.mjs", import.meta.url, { data: { counted: process.env.BALSA_COVERAGE_FOLDER } });
process.on("exit", () => writeFileSync(process.env.BALSA_COVERAGE_FILE, JSON.stringify(globalThis.__coverage__ ?? {})));
