/** node and net: what one does to the boards and the cables of the local cluster. */
import type { Command } from "commander";
import { type ControlRequest, control } from "./control";
import { usage } from "./exit";
import type { Output } from "./output";
import { integer, memberId } from "./parse";

const percent = integer(0, 100);
const delayMilliseconds = integer(0, 60_000);

async function run(output: Output, request: ControlRequest): Promise<void> {
	output.out(`${await control(request)}\n`);
}

const NODE_ACTIONS = [
	["kill", "Cut the power: kill -9 of the board's QEMU, in the middle of whatever it does."],
	["start", "Boot a board that was killed, from its own flash."],
	["pause", "Stop the process (SIGSTOP): the world's clock goes on, and the board wakes up late."],
	["freeze", "Stop the machine (QMP stop): the board's own clock stops too."],
	["resume", "Go on after pause or freeze."],
] as const;

export function addNodeCommands(balsa: Command, output: Output): void {
	const node = balsa
		.command("node")
		.description("Kill, start, pause, freeze or resume a board of the local cluster.")
		.addHelpText("after", "\nExample:\n  balsa node kill 2\n  balsa node start 2");
	for (const [action, description] of NODE_ACTIONS)
		node
			.command(action)
			.argument("<member>", "id of the member", memberId)
			.description(description)
			.action((id: number) => run(output, { command: "node", action, id }));
}

export function addNetCommands(balsa: Command, output: Output): void {
	const net = balsa
		.command("net")
		.description("Cut, slow down and heal the network of the local cluster.")
		.addHelpText("after", "\nExample:\n  balsa net isolate 3\n  balsa net loss 10\n  balsa net heal");
	net
		.command("cut")
		.argument("<member>", "id of a member", memberId)
		.argument("<other>", "id of another", memberId)
		.description("Cut the cable between two members, in both directions.")
		.action((from: number, to: number) => {
			if (from === to) throw usage("a member has no cable to itself");
			return run(output, { command: "net", action: "cut", from, to });
		});
	net
		.command("isolate")
		.argument("<member>", "id of the member", memberId)
		.description("Cut a member off from all others and from the host.")
		.action((id: number) => run(output, { command: "net", action: "isolate", id }));
	net
		.command("loss")
		.argument("<percent>", "of all frames, 0 to 100", percent)
		.description("Lose frames at random.")
		.action((value: number) => run(output, { command: "net", action: "loss", percent: value }));
	net
		.command("delay")
		.argument("<ms>", "milliseconds, 0 to 60000", delayMilliseconds)
		.description("Delay every frame.")
		.action((milliseconds: number) => run(output, { command: "net", action: "delay", milliseconds }));
	net
		.command("heal")
		.description("Join what was cut, and lose and delay nothing any more.")
		.action(() => run(output, { command: "net", action: "heal" }));
}
