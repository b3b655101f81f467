/**
 * Commands to the launcher of the local cluster, over the unix socket that its state file names:
 * one JSON line there, one JSON line back, and both ends close.
 */
import { createConnection } from "node:net";
import type { ControlRequest } from "../cluster/requests";
import { refused } from "./exit";
import { localTarget } from "./target";

interface ControlReply {
	ok: boolean;
	/** Of a refusal, in capitals. */
	error?: string;
	/** One line for people. */
	message?: string;
}

/** A board may take its time to boot or to die; the launcher itself does not. */
const TIMEOUT_MS = 20000;
const REPLY_BYTES_MAX = 65536;

function exchange(path: string, request: ControlRequest): Promise<string> {
	return new Promise((resolve, reject) => {
		const socket = createConnection(path);
		let reply = "";
		const fail = (message: string) => {
			socket.destroy();
			reject(refused(message));
		};
		socket.setTimeout(TIMEOUT_MS, () => fail("TIMEOUT: the launcher of the local cluster does not answer"));
		socket.on("error", () => fail("NO_CLUSTER: the local cluster does not run any more; start it with `npm start`"));
		socket.on("connect", () => socket.write(`${JSON.stringify(request)}\n`));
		socket.on("data", (data) => {
			reply += data.toString("utf8");
			if (reply.length > REPLY_BYTES_MAX) fail("BAD_REPLY: the launcher's answer is too long");
			const end = reply.indexOf("\n");
			if (end < 0) return;
			socket.end();
			resolve(reply.slice(0, end));
		});
		socket.on("close", () => reject(refused("NO_CLUSTER: the launcher of the local cluster ended without an answer")));
	});
}

/** @returns what the launcher says was done; a refusal ends the command */
export async function control(request: ControlRequest): Promise<string> {
	const { control: path } = localTarget();
	if (path === undefined) throw refused("NO_CLUSTER: the state file names no control socket");
	const line = await exchange(path, request);
	let reply: ControlReply;
	try {
		reply = JSON.parse(line);
	} catch {
		throw refused("BAD_REPLY: the launcher's answer is no JSON");
	}
	if (!reply.ok) throw refused([reply.error ?? "REFUSED", reply.message].filter(Boolean).join(": "));
	return reply.message ?? "done";
}
