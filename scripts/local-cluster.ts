/** The five emulated boards of this repository: formatted as one cluster, booted from the built firmware. */
import { Configuration, ROLE_VOTER } from "../core/configuration";
import { PROFILE_M } from "../core/limits";
import { joiningConfiguration } from "../core/replica/format";
import { Cluster, type ClusterOptions, type NewMember } from "./cluster/cluster";
import { formattedPartition } from "./flash-image";

export const MEMBERS: readonly number[] = Object.freeze([1, 2, 3, 4, 5]);
/** The boards' addresses on their virtual Ethernet, and their port (firmware/qemu.ts). */
const BASE_ADDRESS = 0x0a4d0000;
const PORT = 7000;

/** @returns the flash of one of the first members, all in their first incarnation but, perhaps, itself; or of one who joins */
export function partitionOf(member: NewMember): Uint8Array {
	const { clusterHigh, clusterLow, members } = member.cluster;
	const identity = { clusterHigh, clusterLow, id: member.id, incarnation: member.incarnation };
	if (member.isJoining) return formattedPartition(identity, joiningConfiguration(identity, member.isWitness));
	const configuration = new Configuration(PROFILE_M.members);
	for (const id of [...members].sort((a, b) => a - b))
		configuration.add(id, id === member.id ? member.incarnation : 1, ROLE_VOTER, BASE_ADDRESS + id, PORT);
	return formattedPartition(identity, configuration);
}

/** @throws Refusal as `Cluster.start` */
export function startLocalCluster(
	firmware: string,
	options: Partial<Omit<ClusterOptions, "firmware" | "format">> = {},
): Promise<Cluster> {
	return Cluster.start({ members: MEMBERS, ...options, firmware, format: partitionOf });
}
