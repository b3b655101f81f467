/** Runs seeds in a process of its own: prints how each ends, then a line about the process itself. */
import { PerformanceObserver } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { perform } from "../../scripts/sim-xs/program";

let collections = 0;
const observer = new PerformanceObserver((list) => {
	collections += list.getEntries().length;
});
observer.observe({ entryTypes: ["gc"] });
perform({ kind: "runs", seeds: process.argv.slice(2).map(Number) }, console.log);
await setTimeout(10);
console.log(JSON.stringify({ collections, folder: process.cwd(), year: new Date().getUTCFullYear() }));
