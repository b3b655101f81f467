/** What the commands that tell stories have in common: tools and firmware first, and an end without orphans. */

import { buildFirmware, buildProgress } from "../build";
import { checkTools } from "../cluster/board-process";
import type { Boards } from "./boards";
import { endingCode, onEnding } from "./ending";
import { lineOf } from "./failure";

/** Keeps the boards of a story, so that whatever ends the program ends them. */
export class Stage {
	boards: Boards | undefined;
	readonly booted = (boards: Boards) => {
		this.boards = boards;
	};
}

/**
 * Builds the firmware, runs `tell`, and ends the process with its result; an error before the story is one line.
 * @param name of the command, as people type it
 * @param isQuiet nothing but the story itself may be printed
 */
export async function runStory(
	name: string,
	isQuiet: boolean,
	tell: (firmware: string, stage: Stage) => Promise<number>,
): Promise<never> {
	const stage = new Stage();
	onEnding((signal) => {
		void Promise.resolve(stage.boards?.stop()).finally(() => process.exit(endingCode(signal)));
	});
	try {
		checkTools();
		if (!isQuiet) console.log("Building the firmware of the boards …");
		process.exit(await tell(await buildFirmware(buildProgress), stage));
	} catch (error) {
		console.error(`${name}: ${lineOf(error as Error)}`);
		process.exit(1);
	}
}
