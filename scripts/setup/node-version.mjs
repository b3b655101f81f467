import { EXIT_ACTION_NEEDED, SetupFailure } from "./failure.mjs";

const OLDEST = [20, 19, 0];

/**
 * @param {string} version of the Node.js that runs, as in process.versions.node
 * @throws {SetupFailure} where it is too old
 */
export function checkNodeVersion(version) {
	const parts = version.split(".").map((part) => Number.parseInt(part, 10));
	for (let i = 0; i < OLDEST.length; i += 1) {
		if (parts[i] > OLDEST[i]) return;
		if (parts[i] < OLDEST[i])
			throw new SetupFailure(`Node.js ${OLDEST.join(".")} or newer is needed; this is ${version}`, EXIT_ACTION_NEEDED);
	}
}
