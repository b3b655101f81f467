/** serve: this process becomes a member of a cluster. */
import { existsSync } from "node:fs";
import type { Command } from "commander";
import { unusableAddress } from "../../core/replica/usable";
import { ConsoleTrace } from "../../firmware/events";
import { addressNumber } from "../../platform/node/network";
import { Refusal } from "../cluster/refusal";
import { flashPath, HostMember } from "../host-member";
import { refused, usage } from "./exit";
import { example } from "./help";
import type { Output } from "./output";
import { existingClusterId, type MemberAddress, memberId, peerAddresses } from "./parse";
import { resolveMember } from "./target";

/** What the command line of `serve` says, checked. */
export interface ServeOptions {
	readonly id: number;
	/** This member, and others that the cluster's configuration does not tell how to reach: its own address is where it listens. */
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
	const path = flashPath(options.data, options.id);
	if (!existsSync(path))
		throw refused(
			`NO_DATA: there is no ${path}; make it with \`balsa format --id ${options.id} --data ${options.data} …\``,
		);
}

/** @returns what settles with the first signal to end, and with the second */
function signals(): { asked: Promise<void>; insisted: Promise<void> } {
	const resolvers: (() => void)[] = [];
	const [asked, insisted] = [0, 1].map(() => new Promise<void>((resolve) => resolvers.push(resolve)));
	for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => resolvers.shift()?.());
	return { asked, insisted };
}

/** Runs the member until the process is told to end. */
async function serve(options: ServeOptions, output: Output): Promise<void> {
	const peers = await Promise.all(options.peers.map(resolveMember));
	for (const { address, id, port } of peers) {
		// It may listen at all addresses of its machine; nobody can be sent to there.
		const problem = id === options.id ? "" : unusableAddress(addressNumber(address), port);
		if (problem !== "") throw usage(`BAD_ADDRESS: member ${id}: ${problem}`);
	}
	const { asked, insisted } = signals();
	let closed = () => {};
	const isClosed = new Promise<void>((resolve) => (closed = resolve));
	const failed = new Promise<never>((_resolve, reject) => {
		HostMember.open({
			id: options.id,
			peers,
			data: options.data,
			...(options.clusterId === undefined ? {} : { clusterId: options.clusterId }),
			trace: new ConsoleTrace((line) => output.out(`${line}\n`)),
			failed: reject,
		}).then((member) => {
			const { journal } = member.replica;
			const { bootEpoch, id, incarnation, lastIndex, term } = journal;
			output.out(
				`member ${id}.${incarnation} listens at port ${member.port}: boot ${bootEpoch}, term ${term}, log to ${lastIndex}\n`,
			);
			// A leader hands over first; a second signal ends it at once.
			void asked
				.then(() => Promise.race([member.resign(), insisted]))
				.finally(() => {
					member.close();
					closed();
				});
		}, reject);
	});
	try {
		await Promise.race([isClosed, failed]);
	} catch (error) {
		if (error instanceof Refusal) throw refused(`${error.code}: ${error.message}`);
		throw refused(`STOPPED: ${error instanceof Error ? error.message : String(error)}`);
	}
}

export function addServeCommand(balsa: Command, output: Output): void {
	balsa
		.command("serve")
		.description(
			"Be a member of a cluster, until Ctrl-C or SIGTERM (a leader hands over first; a second one ends it at once), with the flash image in a directory.",
		)
		.requiredOption("--id <member>", "id of this member, 1 to 255", memberId)
		.requiredOption(
			"--peers <addresses>",
			"members as ID=HOST:PORT,…; its own is where it listens, of others it hears from the cluster",
			peerAddresses,
		)
		.requiredOption("--data <dir>", "directory that `balsa format` prepared")
		.option("--cluster-id <hex>", "refuse to start when the flash is of another cluster", existingClusterId)
		.addHelpText(
			"after",
			example("serve --id 4 --data /var/lib/balsa --peers 1=10.0.0.1:7070,2=10.0.0.2:7070,4=10.0.0.4:7070"),
		)
		.action(async (options: ServeOptions) => {
			checkServe(options);
			await serve(options, output);
		});
}
