/** format: gives a blank flash image its identity. A node never formats itself. */
import type { Command } from "commander";
import { refused, usage } from "./exit";
import type { Output } from "./output";
import { clusterId, integer, type MemberAddress, memberId, peerAddresses } from "./parse";

/** What the command line of `format` says, checked. */
export interface FormatOptions {
	readonly id: number;
	readonly incarnation: number;
	readonly peers: readonly MemberAddress[];
	readonly data: string;
	/** Random when not given. */
	readonly clusterId?: { readonly high: number; readonly low: number };
	/** Forget what the flash holds. */
	readonly force?: boolean;
}

/** Checks what no single option can. */
export function checkFormat(options: FormatOptions): void {
	if (!options.peers.some((peer) => peer.id === options.id))
		throw usage(`--peers does not name member ${options.id} itself`);
}

export function addFormatCommand(balsa: Command, _output: Output): void {
	balsa
		.command("format")
		.description("Give a flash image its identity: cluster, member, incarnation and first configuration.")
		.requiredOption("--id <member>", "id of the member, 1 to 255", memberId)
		.requiredOption("--peers <addresses>", "all members as ID=HOST:PORT,…", peerAddresses)
		.requiredOption("--data <dir>", "directory of the flash image; made when it is not there")
		.option("--cluster-id <hex>", "the cluster's id, 16 hexadecimal digits; random for the first member", clusterId)
		.option("--incarnation <n>", "which life of the member, 1 to 65535", integer(1, 65535), 1)
		.option("--force", "format although the flash holds a node: what it promised is forgotten")
		.addHelpText(
			"after",
			"\nExample:\n  balsa format --id 4 --data /var/lib/balsa --cluster-id 8f0c9a3b5d17e642 --peers 1=10.0.0.1:7070,4=10.0.0.4:7070",
		)
		.action(async (options: FormatOptions) => {
			checkFormat(options);
			throw refused("UNSUPPORTED: format is not part of this build");
		});
}
