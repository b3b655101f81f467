/** format: gives a blank flash image its identity. A node never formats itself. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { Configuration, ROLE_VOTER } from "../../core/configuration";
import { PROFILE_M } from "../../core/limits";
import { addressNumber } from "../../platform/node/network";
import { formattedPartition } from "../flash-image";
import { flashPath } from "../host-member";
import { refused, usage } from "./exit";
import { example } from "./help";
import type { Output } from "./output";
import { existingClusterId, integer, type MemberAddress, memberId, peerAddresses } from "./parse";
import { resolveMember } from "./target";

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
	if (options.peers.length > PROFILE_M.members) throw usage(`a cluster has at most ${PROFILE_M.members} members`);
}

/** All members of a new cluster must be formatted with the same peers, in their first incarnation but for this one. */
async function format(options: FormatOptions, output: Output): Promise<void> {
	const random = randomBytes(8);
	const cluster = options.clusterId ?? { high: random.readUInt32LE(0), low: random.readUInt32LE(4) };
	const configuration = new Configuration(PROFILE_M.members);
	for (const peer of [...options.peers].sort((a, b) => a.id - b.id)) {
		const { address } = await resolveMember(peer);
		const incarnation = peer.id === options.id ? options.incarnation : 1;
		configuration.add(peer.id, incarnation, ROLE_VOTER, addressNumber(address), peer.port);
	}
	mkdirSync(options.data, { recursive: true });
	const path = flashPath(options.data, options.id);
	if (existsSync(path) && options.force !== true)
		throw refused(`FORMATTED: ${path} is there already; --force forgets what it holds`);
	const identity = {
		clusterHigh: cluster.high,
		clusterLow: cluster.low,
		id: options.id,
		incarnation: options.incarnation,
	};
	// Under its name only when it is whole.
	writeFileSync(`${path}.new`, formattedPartition(identity, configuration));
	renameSync(`${path}.new`, path);
	const hex = [cluster.high, cluster.low].map((half) => half.toString(16).padStart(8, "0")).join("");
	output.out(
		`${path}: member ${options.id}.${options.incarnation} of cluster ${hex}, ${configuration.count} members\n`,
	);
}

export function addFormatCommand(balsa: Command, output: Output): void {
	balsa
		.command("format")
		.description("Give a flash image its identity: cluster, member, incarnation and first configuration.")
		.requiredOption("--id <member>", "id of the member, 1 to 255", memberId)
		.requiredOption("--peers <addresses>", "all members as ID=HOST:PORT,…", peerAddresses)
		.requiredOption("--data <dir>", "directory of the flash image; made when it is not there")
		.option(
			"--cluster-id <hex>",
			"the cluster's id, 16 hexadecimal digits; random for the first member",
			existingClusterId,
		)
		.option("--incarnation <n>", "which life of the member, 1 to 65535", integer(1, 65535), 1)
		.option("--force", "format although the flash holds a node: what it promised is forgotten")
		.addHelpText(
			"after",
			example(
				"format --id 4 --data /var/lib/balsa --cluster-id 8f0c9a3b5d17e642 --peers 1=10.0.0.1:7070,4=10.0.0.4:7070",
			),
		)
		.action(async (options: FormatOptions) => {
			checkFormat(options);
			await format(options, output);
		});
}
