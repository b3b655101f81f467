/** A process that wants a file for itself: `hold` keeps it until it is killed, `rounds` takes it 25 times. */
import { closeSync, constants, rmSync, writeFileSync, writeSync } from "node:fs";
import { FileInUse, openLocked } from "../../../platform/node/locked-file";

const [mode, path] = process.argv.slice(2);
const ROUNDS = 25;

function tryOpen(): number | undefined {
	try {
		return openLocked(path, constants.O_RDWR);
	} catch (error) {
		if (error instanceof FileInUse) return undefined;
		throw error;
	}
}

if (mode === "hold") {
	try {
		openLocked(path, constants.O_RDWR);
		writeSync(1, "held\n");
		setInterval(() => {}, 1000);
	} catch (error) {
		if (!(error instanceof FileInUse)) throw error;
		writeSync(1, `${error.code}: ${error.message}\n`);
	}
} else {
	let wins = 0;
	while (wins < ROUNDS) {
		const file = tryOpen();
		if (file !== undefined) {
			// Fails where another process is in here too.
			writeFileSync(`${path}.witness`, "", { flag: "wx" });
			await new Promise((resolve) => setTimeout(resolve, 1));
			rmSync(`${path}.witness`);
			closeSync(file);
			wins++;
		}
		await new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * 5));
	}
	writeSync(1, `${wins}\n`);
}
