/** node and net: what one does to the boards and the cables of the local cluster. */
import { resolve } from "node:path";
import { type Command, Option } from "commander";
import type { ControlRequest } from "../cluster/requests";
import { control } from "./control";
import { usage } from "./exit";
import { example } from "./help";
import type { Output } from "./output";
import { integer, memberId } from "./parse";

const percent = integer(0, 100);
const milliseconds = integer(0, 60_000);
const port = integer(1, 65_535);
const mtuBytes = integer(68, 1500);
/** A member, or 0: all processes that are not boards. */
const endpoint = integer(0, 255);

interface LinkOptions {
	from?: number;
	to?: number;
}

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
		.description("Kill, start, pause, freeze or resume a board of the local cluster, add one, renew or remove it.")
		.addHelpText("after", example("node kill 2", "node start 2"));
	for (const [action, description] of NODE_ACTIONS)
		node
			.command(action)
			.argument("<member>", "id of the member", memberId)
			.description(description)
			.addHelpText("after", example(`node ${action} 2`))
			.action((id: number) => run(output, { command: "node", action, id }));
	node
		.command("add")
		.argument("<member>", "id of a board that is not there yet", memberId)
		.addOption(
			new Option("--host <port>", "a process of this machine at that UDP port is the member, and no board").argParser(
				port,
			),
		)
		.option("--witness", "it votes and keeps no state")
		.description("Start a further board, empty: it waits for `balsa member add`.")
		.addHelpText("after", example("node add 6", "node add 6 --host 7106"))
		.action((id: number, { host, witness }: { host?: number; witness?: boolean }) => {
			const port = host === undefined ? {} : { port: host };
			return run(output, { command: "node", action: "add", id, ...port, ...(witness ? { witness } : {}) });
		});
	node
		.command("renew")
		.argument("<member>", "id of the board", memberId)
		.description("Put a fresh board in the place of this one: it waits in its next life for `balsa member replace`.")
		.addHelpText("after", example("node renew 2"))
		.action((id: number) => run(output, { command: "node", action: "renew", id }));
	node
		.command("remove")
		.argument("<member>", "id of the board", memberId)
		.description("Take a board away, with its flash; `balsa member remove` first.")
		.addHelpText("after", example("node remove 6"))
		.action((id: number) => run(output, { command: "node", action: "remove", id }));
	node
		.command("erase-time")
		.argument("<ms>", "milliseconds that an erase of the flash takes", milliseconds)
		.argument("[member]", "id of the member; all boards when left out", memberId)
		.description("Make the flash slower or faster.")
		.addHelpText("after", example("node erase-time 400", "node erase-time 45 2"))
		.action((time: number, id?: number) =>
			run(output, { command: "node", action: "erase-time", milliseconds: time, ...(id === undefined ? {} : { id }) }),
		);
}

/** Adds the choice of links: all, unless --from or --to says otherwise. */
function addLinkOptions(command: Command): Command {
	return command
		.addOption(new Option("--from <member>", "only frames from this member, 0 for the host").argParser(endpoint))
		.addOption(new Option("--to <member>", "only frames to this member, 0 for the host").argParser(endpoint));
}

function linksOf(options: LinkOptions): LinkOptions {
	if (options.from !== undefined && options.from === options.to) throw usage("a member has no cable to itself");
	return {
		...(options.from === undefined ? {} : { from: options.from }),
		...(options.to === undefined ? {} : { to: options.to }),
	};
}

const FRAME_FAULTS = [
	["loss", "Lose frames at random."],
	["duplicate", "Deliver frames twice at random."],
	["reorder", "Let frames overtake others at random."],
] as const;

export function addNetCommands(balsa: Command, output: Output): void {
	const net = balsa
		.command("net")
		.description("Cut, slow down and heal the network of the local cluster.")
		.addHelpText("after", example("net isolate 3", "net loss 10 --from 1 --to 2", "net heal"));
	net
		.command("cut")
		.argument("<member>", "id of a member, 0 for the host", endpoint)
		.argument("<other>", "id of another", endpoint)
		.option("--one-way", "only frames from the first to the second are lost")
		.description("Cut the cable between two members, in both directions.")
		.addHelpText("after", example("net cut 1 2", "net cut 1 0 --one-way"))
		.action((from: number, to: number, options: { oneWay?: boolean }) => {
			linksOf({ from, to });
			return run(output, { command: "net", action: "cut", from, to, ...(options.oneWay ? { oneWay: true } : {}) });
		});
	net
		.command("isolate")
		.argument("<member>", "id of the member", memberId)
		.description("Cut a member off from all others and from the host.")
		.addHelpText("after", example("net isolate 3"))
		.action((id: number) => run(output, { command: "net", action: "isolate", id }));
	for (const [action, description] of FRAME_FAULTS)
		addLinkOptions(net.command(action))
			.argument("<percent>", "of the frames, 0 to 100", percent)
			.description(description)
			.addHelpText("after", example(`net ${action} 10`, `net ${action} 10 --from 1 --to 2`))
			.action((value: number, options: LinkOptions) =>
				run(output, { command: "net", action, percent: value, ...linksOf(options) }),
			);
	addLinkOptions(net.command("delay"))
		.argument("<ms>", "milliseconds, 0 to 60000", milliseconds)
		.addOption(new Option("--jitter <ms>", "up to so many more, at random").argParser(milliseconds))
		.description("Delay every frame.")
		.addHelpText("after", example("net delay 20", "net delay 20 --jitter 10 --to 3"))
		.action((time: number, { jitter, ...links }: LinkOptions & { jitter?: number }) => {
			const extra = jitter === undefined ? {} : { jitter };
			return run(output, { command: "net", action: "delay", milliseconds: time, ...extra, ...linksOf(links) });
		});
	net
		.command("mtu")
		.argument("<member>", "id of the member", memberId)
		.argument("<bytes>", "of an IPv4 packet with its headers, 68 to 1500", mtuBytes)
		.description("Lose longer packets to a member and from it, as behind a tunnel; nobody is told.")
		.addHelpText("after", example("net mtu 3 600"))
		.action((id: number, bytes: number) => run(output, { command: "net", action: "mtu", id, bytes }));
	net
		.command("swap")
		.argument("<member>", "id of a member", memberId)
		.argument("<other>", "id of another", memberId)
		.description("Give each of two boards the other's address, as a router may; again, and each has its own.")
		.addHelpText("after", example("net swap 1 2"))
		.action((id: number, other: number) => run(output, { command: "net", action: "swap", id, other }));
	net
		.command("record")
		.argument("<file>", "where the frames go, for Wireshark (pcap)")
		.description("Record all frames in a file, until stop-recording.")
		.addHelpText("after", example("net record /tmp/frames.pcap"))
		.action((file: string) => run(output, { command: "net", action: "record", path: resolve(file) }));
	net
		.command("stop-recording")
		.description("Close the file of the recording.")
		.addHelpText("after", example("net stop-recording"))
		.action(() => run(output, { command: "net", action: "stop-recording" }));
	net
		.command("heal")
		.description("Join what was cut, and lose, double, reorder and delay nothing any more. Addresses stay exchanged.")
		.addHelpText("after", example("net heal"))
		.action(() => run(output, { command: "net", action: "heal" }));
}
