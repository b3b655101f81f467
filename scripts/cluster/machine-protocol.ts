/** QEMU's machine protocol (QMP), as much as stopping a machine takes: one command a connection. */
import { createConnection } from "node:net";
import { Refusal } from "./refusal";

const TIMEOUT_MS = 5000;
const REPLY_BYTES_MAX = 65536;

/**
 * @param path of the machine's QMP socket
 * @param command without arguments, such as "stop" or "cont"
 * @throws Refusal where QEMU does not answer, or answers with an error
 */
export function execute(path: string, command: string): Promise<void> {
	return new Promise((resolve, reject) => {
		const socket = createConnection(path);
		const end = (problem?: string) => {
			socket.destroy();
			if (problem === undefined) resolve();
			else reject(new Refusal("MACHINE", `QEMU did not take "${command}": ${problem}`));
		};
		// The greeting is answered by leaving the negotiation, and that by the command (QMP specification §2.2, §3).
		const answers = [{ execute: "qmp_capabilities" }, { execute: command }];
		let received = "";
		socket.setTimeout(TIMEOUT_MS, () => end("no answer"));
		socket.on("error", (error) => end(error.message));
		socket.on("close", () => end("it closed the connection"));
		socket.on("data", (data: Buffer) => {
			received += data.toString("utf8");
			if (received.length > REPLY_BYTES_MAX) end("its answer is too long");
			for (let at = received.indexOf("\n"); at >= 0; at = received.indexOf("\n")) {
				const reply = JSON.parse(received.slice(0, at));
				received = received.slice(at + 1);
				if (reply.error !== undefined) end(reply.error.desc);
				else if (reply.QMP !== undefined || reply.return !== undefined) {
					const next = answers.shift();
					if (next === undefined) end();
					else socket.write(`${JSON.stringify(next)}\n`);
				}
			}
		});
	});
}
