/** transfer and drain: who leads. */
import type { Command } from "commander";
import { TIMEOUT_MS } from "../../core/client/timing";
import { DONE, NO_TARGET } from "../../core/reasons";
import { addConnectionOptions, type ConnectionOptions, withClient } from "./connection";
import { failureOf } from "./exit";
import { example } from "./help";
import type { HostClient, Status } from "./host-client";
import type { Output } from "./output";
import { memberId } from "./parse";

/** Between two looks at a member that drains. */
const LOOK_MS = 50;
/** For one look. */
const STATUS_MS = 500;
const ROLE_LEADER = 3;

interface DrainOptions extends ConnectionOptions {
	end?: boolean;
}

/** @returns the status of a member, or undefined when it does not answer in time */
async function look(client: HostClient, id: number): Promise<Status | undefined> {
	return (await client.status(id, STATUS_MS)).status;
}

/** Waits until the member leads no more. @returns what it said last */
async function untilFollower(client: HostClient, id: number, timeoutMs: number): Promise<Status | undefined> {
	const endMs = Date.now() + timeoutMs;
	let status = await look(client, id);
	// A leader is known when it has spoken: right after the lead is lost nobody is.
	while ((status === undefined || status.role === ROLE_LEADER || status.leader === 0) && Date.now() < endMs) {
		await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
		status = await look(client, id);
	}
	return status;
}

export function addLeaderCommands(balsa: Command, output: Output): void {
	addConnectionOptions(balsa.command("transfer"), TIMEOUT_MS)
		.argument("[member]", "id of the member that shall lead; any other when left out", memberId)
		.description("Have the leader hand over. Ends when the next leader is heard; writes wait for a moment meanwhile.")
		.addHelpText("after", example("transfer 2", "transfer"))
		.action(async (member: number | undefined, options: ConnectionOptions) => {
			const answer = await withClient(options, (client) => client.transfer(member ?? 0));
			if (answer.reason !== DONE) throw failureOf(answer.reason);
			output.out(`leader ${answer.leader}, term ${answer.term}\n`);
		});
	addConnectionOptions(balsa.command("drain"), TIMEOUT_MS)
		.argument("<member>", "id of the member", memberId)
		.option("--end", "let it lead again")
		.description("Have a member refuse leadership, until it restarts or --end, and hand it over if it leads.")
		.addHelpText("after", example("drain 2", "drain 2 --end"))
		.action(async (member: number, options: DrainOptions) => {
			await withClient(options, async (client) => {
				const answer = await client.drain(member, options.end !== true);
				if (answer.reason !== DONE) throw failureOf(answer.reason);
				if (options.end) return output.out(`member ${member} may lead again\n`);
				const status = await untilFollower(client, member, options.timeout);
				if (status?.role === ROLE_LEADER)
					throw failureOf(NO_TARGET, `member ${member} drains, but leads on: nobody can take over`);
				output.out(`member ${member} drains, the leader is ${status?.leader || "not known"}\n`);
			});
		});
}
