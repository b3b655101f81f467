/** The options of every command that speaks to a cluster, and the client that they ask for. */
import { type Command, Option } from "commander";
import { HostClient } from "./host-client";
import { clusterAddresses, clusterId, milliseconds } from "./parse";
import { type TargetOptions, targetOf } from "./target";

export interface ConnectionOptions extends TargetOptions {
	timeout: number;
}

export function addConnectionOptions(command: Command, timeoutMs: number): Command {
	return command
		.addOption(
			new Option("--cluster <addresses>", "members as [ID=]HOST:PORT,…; without ids they are 1, 2, 3 … in that order")
				.argParser(clusterAddresses)
				.env("BALSA_CLUSTER"),
		)
		.addOption(
			new Option("--cluster-id <hex>", "the cluster's id, 16 hexadecimal digits")
				.argParser(clusterId)
				.env("BALSA_CLUSTER_ID"),
		)
		.addOption(
			new Option("--timeout <ms>", "how long to try, in milliseconds").argParser(milliseconds).default(timeoutMs),
		);
}

/** Runs `task` with a client of the cluster that the options name, and closes it afterwards. */
export async function withClient<Result>(
	options: ConnectionOptions,
	task: (client: HostClient) => Promise<Result>,
): Promise<Result> {
	const target = await targetOf(options);
	const client = await HostClient.open({ ...target, timeoutMs: options.timeout });
	try {
		return await task(client);
	} finally {
		client.destroy();
	}
}
