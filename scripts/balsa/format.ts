/** format: gives a blank flash image its identity. A node never formats itself. */
import { randomBytes } from "node:crypto";
import type { Command } from "commander";
import { Configuration, ROLE_VOTER } from "../../core/configuration";
import type { Identity } from "../../core/journal/identity";
import { PROFILE_M } from "../../core/limits";
import { fingerprintText, firstFingerprint, joiningConfiguration } from "../../core/replica/format";
import { mixedLoopback, unusableMembers } from "../../core/replica/usable";
import { FileExists, makeFolder, writeAll, writeWhole } from "../../platform/node/durable-file";
import { FileInUse } from "../../platform/node/locked-file";
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
	/** All members of a new cluster. */
	readonly peers?: readonly MemberAddress[];
	/** To be added to a cluster that there is: it begins with nobody but itself, and votes for nobody. */
	readonly join?: boolean;
	/** It keeps no state, and never will in this life. */
	readonly witness?: boolean;
	readonly data: string;
	/** Random when not given. */
	readonly clusterId?: { readonly high: number; readonly low: number };
	/** Forget what the flash holds. */
	readonly force?: boolean;
}

/** Checks what no single option can. */
export function checkFormat(options: FormatOptions): void {
	const { clusterId, id, join, peers } = options;
	if (join) {
		if (peers !== undefined) throw usage("--join and --peers exclude each other: who joins learns the members");
		if (clusterId === undefined)
			throw usage("--join needs --cluster-id: `balsa member list` runs where the cluster is");
		return;
	}
	if (options.witness) throw usage("--witness needs --join: a cluster begins without witnesses");
	if (peers === undefined) throw usage("--peers names the members of a new cluster; --join is for one that there is");
	if (!peers.some((peer) => peer.id === id)) throw usage(`--peers does not name member ${id} itself`);
	if (peers.length > PROFILE_M.members)
		throw usage(
			`MEMBER_LIMIT: ${peers.length} members are more than the ${PROFILE_M.members} that a node holds; name fewer`,
		);
}

/** @returns the configuration that the flash begins with */
async function configurationOf(options: FormatOptions, identity: Identity): Promise<Configuration> {
	if (options.join) return joiningConfiguration(identity, options.witness);
	const configuration = new Configuration(PROFILE_M.members);
	for (const peer of [...(options.peers ?? [])].sort((a, b) => a.id - b.id)) {
		const { address } = await resolveMember(peer);
		const incarnation = peer.id === options.id ? options.incarnation : 1;
		configuration.add(peer.id, incarnation, ROLE_VOTER, addressNumber(address), peer.port);
	}
	const problem = unusableMembers(configuration, PROFILE_M.members);
	if (problem !== "") throw usage(problem);
	return configuration;
}

/** On the disk under its name, or not there. */
function writeImage(path: string, image: Uint8Array, mayReplace: boolean): void {
	try {
		writeWhole(path, (file) => writeAll(file, image, 0, image.length, 0), mayReplace);
	} catch (error) {
		if (error instanceof FileExists)
			throw refused(`FORMATTED: ${path} is there already; --force forgets what it holds and promised`);
		if (error instanceof FileInUse) throw refused(`${error.code}: ${error.message}`);
		throw error;
	}
}

/** All members of a new cluster must be formatted with the same peers, in their first incarnation but for this one. */
async function format(options: FormatOptions, output: Output): Promise<void> {
	const random = randomBytes(8);
	const cluster = options.clusterId ?? { high: random.readUInt32LE(0), low: random.readUInt32LE(4) };
	const path = flashPath(options.data, options.id);
	const identity = {
		clusterHigh: cluster.high,
		clusterLow: cluster.low,
		id: options.id,
		incarnation: options.incarnation,
	};
	const configuration = await configurationOf(options, identity);
	makeFolder(options.data);
	writeImage(path, formattedPartition(identity, configuration), options.force === true);
	const hex = [cluster.high, cluster.low].map((half) => half.toString(16).padStart(8, "0")).join("");
	const fingerprint = fingerprintText(firstFingerprint(configuration));
	const members = `${configuration.count} members, fingerprint ${fingerprint}: it must be the same on all`;
	const whose = options.join ? "to be added with `balsa member add`" : members;
	const warning = mixedLoopback(configuration);
	if (warning !== "") output.error(`balsa: warning: ${warning}`);
	output.out(`${path}: member ${options.id}.${options.incarnation} of cluster ${hex}, ${whose}\n`);
}

export function addFormatCommand(balsa: Command, output: Output): void {
	balsa
		.command("format")
		.description("Give a flash image its identity: cluster, member, incarnation and first configuration.")
		.requiredOption("--id <member>", "id of the member, 1 to 255", memberId)
		.option("--peers <addresses>", "all members of a new cluster as ID=HOST:PORT,…", peerAddresses)
		.option("--join", "prepare it for a cluster that there is, which adds it with `balsa member add`")
		.option("--witness", "it votes and keeps no state; with --join")
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
				"format --id 6 --data /var/lib/balsa --cluster-id 8f0c9a3b5d17e642 --join",
			),
		)
		.action(async (options: FormatOptions) => {
			checkFormat(options);
			await format(options, output);
		});
}
