/** serve: this process becomes a member of a cluster. */
import { existsSync, statSync } from "node:fs";
import type { Command } from "commander";
import { refused, usage } from "./exit";
import type { Output } from "./output";
import { clusterId, type MemberAddress, memberId, peerAddresses } from "./parse";

/** What the command line of `serve` says, checked. */
export interface ServeOptions {
	readonly id: number;
	/** All members, this one included: its own address is where it listens. */
	readonly peers: readonly MemberAddress[];
	/** Directory with the flash image. */
	readonly data: string;
	/** When given, the flash must be of this cluster. */
	readonly clusterId?: { readonly high: number; readonly low: number };
}

/** Checks what no single option can. */
export function checkServe(options: ServeOptions): void {
	if (!options.peers.some((peer) => peer.id === options.id))
		throw usage(`--peers does not name member ${options.id} itself, so it has no address to listen at`);
	if (!existsSync(options.data) || !statSync(options.data).isDirectory())
		throw refused(`NO_DATA: ${options.data} is no directory; make one with \`balsa format --data ${options.data} …\``);
}

export function addServeCommand(balsa: Command, _output: Output): void {
	balsa
		.command("serve")
		.description("Be a member of a cluster, until Ctrl-C, with the flash image in a directory.")
		.requiredOption("--id <member>", "id of this member, 1 to 255", memberId)
		.requiredOption("--peers <addresses>", "all members as ID=HOST:PORT,…; its own is where it listens", peerAddresses)
		.requiredOption("--data <dir>", "directory that `balsa format` prepared")
		.option("--cluster-id <hex>", "refuse to start when the flash is of another cluster", clusterId)
		.addHelpText(
			"after",
			"\nExample:\n  balsa serve --id 4 --data /var/lib/balsa --peers 1=10.0.0.1:7070,2=10.0.0.2:7070,4=10.0.0.4:7070",
		)
		.action(async (options: ServeOptions) => {
			checkServe(options);
			throw refused("UNSUPPORTED: serve is not part of this build");
		});
}
