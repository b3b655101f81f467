/** Datagrams of a running cluster as the switch records them, for stories that send them again. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CLIENT_ID } from "../../core/wire/frame";
import { datagramsOf } from "../dissect";
import type { Boards } from "./boards";
import { pause } from "./expect";

const SENDER = 4;
const RECEIVER = 7;

export interface Recorded {
	/** Id of the member that the datagram is for. */
	readonly receiver: number;
	readonly isOfMember: boolean;
	readonly bytes: Uint8Array;
}

/** Records what members are sent for so long, by members and by clients. */
export async function recordDatagrams(boards: Boards, milliseconds: number): Promise<Recorded[]> {
	const path = join(boards.folder, "recorded.pcap");
	await boards.cluster.request({ command: "net", action: "record", path });
	await pause(milliseconds);
	await boards.cluster.request({ command: "net", action: "stop-recording" });
	const found: Recorded[] = [];
	for (const { payload } of datagramsOf(readFileSync(path))) {
		if (payload[RECEIVER] === CLIENT_ID) continue;
		found.push({ receiver: payload[RECEIVER], isOfMember: payload[SENDER] !== CLIENT_ID, bytes: payload });
	}
	rmSync(path);
	return found;
}
