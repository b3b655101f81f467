/** A launcher that is asked to end, or whose parent is gone, ends its boards first. */
import type { Cluster } from "./cluster";

const PARENT_POLL_MS = 500;
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
const PARENT_GONE = 1;

/**
 * Ends the process when a signal asks for it or the parent dies. To be called before the cluster starts.
 * @param cluster gives the cluster, or undefined while there is none
 */
export function endWithParent(cluster: () => Cluster | undefined): void {
	let isEnding = false;
	const end = (code: number) => {
		if (isEnding) return;
		isEnding = true;
		void Promise.resolve(cluster()?.stop()).finally(() => process.exit(code));
	};
	for (const [signal, code] of Object.entries(SIGNALS)) process.on(signal, () => end(code));
	const parent = process.ppid;
	setInterval(() => {
		if (process.ppid !== parent) end(PARENT_GONE);
	}, PARENT_POLL_MS).unref();
}
