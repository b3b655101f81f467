/** All that is fuzzed, each with its part of the inputs. */
import { receiveFrames } from "../wire/frames";
import { openImages } from "./images";
import { Random } from "./mutation";
import { decodeShapes, type Shape, type ShapeOutcome } from "./shape";
import { commands, configurations, entries, integers, pages, snapshots } from "./shapes";

export interface Target {
	readonly name: string;
	/** Inputs of a thousand. */
	readonly share: number;
	run(inputs: number, seed: number): ShapeOutcome;
}

function frames(toNode: boolean): Target["run"] {
	return (inputs, seed) => {
		const { accepted, digest } = receiveFrames(inputs, toNode, seed);
		let count = 0;
		for (const one of accepted.values()) count += one;
		return { accepted: count, refused: inputs - count, digest };
	};
}

/** @param make what it reads, for right encodings that are drawn anew for each seed */
function alone(make: (random: Random) => Shape): Target["run"] {
	return (inputs, seed) => {
		const random = new Random(seed);
		return decodeShapes(make(random), inputs, random);
	};
}

export const TARGETS: readonly Target[] = [
	{ name: "datagrams to a node", share: 500, run: frames(true) },
	{ name: "datagrams to a client", share: 250, run: frames(false) },
	{ name: "entries of an append", share: 70, run: alone(entries) },
	{ name: "configurations", share: 70, run: alone(configurations) },
	{ name: "commands", share: 40, run: alone(commands) },
	{ name: "pages of a range", share: 30, run: alone(pages) },
	{ name: "rows of integers", share: 20, run: alone(integers) },
	{ name: "streams of snapshots", share: 19, run: alone(snapshots) },
	{ name: "images of flash", share: 1, run: (inputs, seed) => openImages(inputs, new Random(seed)) },
];
