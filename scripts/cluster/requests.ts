/** What may be asked of a running cluster. */
import { dotted, OUTSIDE } from "../switch/addresses";
import type { Faults } from "../switch/link";
import type { Cluster } from "./cluster";
import { ERASE_MS_MAX } from "./flash-file";
import type { Member } from "./member";
import { Refusal } from "./refusal";

/**
 * `from` and `to` are ids of members, or 0 for all outside processes; where both are left out, every
 * link is meant. A cut is in both directions unless `oneWay`.
 */
export type ControlRequest =
	| {
			command: "node";
			action: "kill" | "start" | "pause" | "freeze" | "resume" | "detach" | "renew" | "remove";
			id: number;
	  }
	| { command: "node"; action: "add"; id: number; port?: number; witness?: boolean }
	| { command: "node"; action: "attach"; id: number; port: number }
	| { command: "node"; action: "erase-time"; id?: number; milliseconds: number }
	| { command: "net"; action: "cut"; from: number; to: number; oneWay?: boolean }
	| { command: "net"; action: "isolate"; id: number }
	| { command: "net"; action: "loss" | "duplicate" | "reorder"; percent: number; from?: number; to?: number }
	| { command: "net"; action: "delay"; milliseconds: number; jitter?: number; from?: number; to?: number }
	| { command: "net"; action: "mtu"; id: number; bytes: number }
	| { command: "net"; action: "swap"; id: number; other: number }
	| { command: "net"; action: "record"; path: string }
	| { command: "net"; action: "heal" | "stop-recording" }
	| { command: "status" };

const DELAY_MS_MAX = 60_000;
/** Of IPv4: what every host must take (RFC 791), and what an Ethernet frame holds. */
const MTU_BYTES_MIN = 68;
const MTU_BYTES_MAX = 1500;
const PORT_MAX = 65_535;
const ID_MAX = 255;

/** Fields of each request; those with a `?` may be left out. */
const FIELDS: Readonly<Record<string, readonly string[]>> = Object.freeze({
	"node kill": ["id"],
	"node start": ["id"],
	"node pause": ["id"],
	"node freeze": ["id"],
	"node resume": ["id"],
	"node add": ["id", "port?", "witness?"],
	"node renew": ["id"],
	"node remove": ["id"],
	"node attach": ["id", "port"],
	"node detach": ["id"],
	"node erase-time": ["id?", "milliseconds"],
	"net cut": ["from", "to", "oneWay?"],
	"net isolate": ["id"],
	"net loss": ["percent", "from?", "to?"],
	"net duplicate": ["percent", "from?", "to?"],
	"net reorder": ["percent", "from?", "to?"],
	"net delay": ["milliseconds", "jitter?", "from?", "to?"],
	"net mtu": ["id", "bytes"],
	"net swap": ["id", "other"],
	"net record": ["path"],
	"net stop-recording": [],
	"net heal": [],
	status: [],
});

const CHECKS: Readonly<Record<string, (value: unknown) => boolean>> = Object.freeze({
	id: (value) => isInteger(value, 1, ID_MAX),
	from: (value) => isInteger(value, 0, ID_MAX),
	to: (value) => isInteger(value, 0, ID_MAX),
	port: (value) => isInteger(value, 1, PORT_MAX),
	milliseconds: (value) => isInteger(value, 0, DELAY_MS_MAX),
	jitter: (value) => isInteger(value, 0, DELAY_MS_MAX),
	other: (value) => isInteger(value, 1, ID_MAX),
	bytes: (value) => isInteger(value, MTU_BYTES_MIN, MTU_BYTES_MAX),
	percent: (value) => typeof value === "number" && value >= 0 && value <= 100,
	oneWay: (value) => typeof value === "boolean",
	witness: (value) => typeof value === "boolean",
	path: (value) => typeof value === "string" && value.length > 0,
});

function isInteger(value: unknown, least: number, most: number): boolean {
	return typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
}

/**
 * @param line JSON
 * @throws Refusal BAD_REQUEST for anything that is not exactly one of the requests
 */
export function parseRequest(line: string): ControlRequest {
	let value: unknown;
	try {
		value = JSON.parse(line);
	} catch {
		throw new Refusal("BAD_REQUEST", "a request is one line of JSON");
	}
	const request = Object(value) as Record<string, unknown>;
	const { command, action, ...rest } = request;
	const name = action === undefined ? String(command) : `${command} ${action}`;
	const fields = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
	if (fields === undefined) throw new Refusal("BAD_REQUEST", `there is no request "${name.slice(0, 40)}"`);
	for (const field of fields) {
		const key = field.replace("?", "");
		const given = rest[key];
		delete rest[key];
		if (given === undefined ? key === field : !CHECKS[key](given))
			throw new Refusal("BAD_REQUEST", `"${name}" wants another "${key}"`);
	}
	const [unknown] = Object.keys(rest);
	if (unknown !== undefined) throw new Refusal("BAD_REQUEST", `"${name}" has no "${unknown.slice(0, 40)}"`);
	return request as ControlRequest;
}

/**
 * @returns one line for people
 * @throws Refusal by name
 */
export async function carryOut(cluster: Cluster, request: ControlRequest): Promise<string> {
	if (request.command === "node") return carryOutNode(cluster, request);
	if (request.command === "net") return carryOutNet(cluster, request);
	return JSON.stringify(cluster.state());
}

async function carryOutNode(cluster: Cluster, request: ControlRequest & { command: "node" }): Promise<string> {
	if (request.action === "erase-time") {
		if (request.milliseconds > ERASE_MS_MAX)
			throw new Refusal("OUT_OF_RANGE", `an erase takes at most ${ERASE_MS_MAX} ms`);
		cluster.setEraseTime(request.id, request.milliseconds);
		return `an erase takes ${request.milliseconds} ms on ${request.id === undefined ? "every board" : `board ${request.id}`}`;
	}
	const { id } = request;
	if (request.action === "add") {
		const { port, witness = false } = request;
		return added(await cluster.addBoard(id, { isWitness: witness, ...(port === undefined ? {} : { port }) }));
	}
	const member = cluster.member(id);
	switch (request.action) {
		case "renew":
			return added(await cluster.renewBoard(id));
		case "remove":
			await cluster.removeBoard(id);
			return `board ${id} is gone, and its flash with it`;
		case "kill":
			if (member.state === "off") throw new Refusal("NOT_RUNNING", `board ${id} is off`);
			if (member.state === "host") throw new Refusal("HOST_MEMBER", `member ${id} runs on the host`);
			await member.switchOff();
			return `board ${id} is off`;
		case "start":
			await member.switchOn();
			return `board ${id} runs (process ${member.record.pid})`;
		case "pause":
			member.pause();
			return `board ${id} is paused: time goes on without it`;
		case "freeze":
			await member.freeze();
			return `board ${id} is frozen, and its clock with it`;
		case "resume":
			await member.resume();
			return `board ${id} runs`;
		case "attach":
			member.giveToHost();
			cluster.ethernet.attach(id, request.port);
			return `member ${id} is the process at 127.0.0.1:${request.port}`;
		case "detach":
			member.takeFromHost();
			cluster.ethernet.detach(id);
			return `member ${id} is its board again, which is off`;
	}
}

function added({ record, state }: Member): string {
	const { id, incarnation } = record;
	const where = state === "host" ? "is a process of the host" : `runs (process ${record.pid})`;
	return `board ${id} ${where}, and waits as ${id}.${incarnation} to be added`;
}

function carryOutNet(cluster: Cluster, request: ControlRequest & { command: "net" }): string {
	const { ethernet } = cluster;
	switch (request.action) {
		case "cut":
			checkEndpoints(cluster, request.from, request.to);
			ethernet.setFaults(request.from, request.to, { cut: true });
			if (request.oneWay !== true) ethernet.setFaults(request.to, request.from, { cut: true });
			return `cut ${request.from} ${request.oneWay === true ? "->" : "-"} ${request.to}`;
		case "isolate":
			cluster.member(request.id);
			ethernet.setFaults(request.id, undefined, { cut: true });
			ethernet.setFaults(undefined, request.id, { cut: true });
			return `member ${request.id} is alone`;
		case "loss":
			return change(cluster, request, { lossPercent: request.percent }, `loses ${request.percent} %`);
		case "duplicate":
			return change(cluster, request, { duplicatePercent: request.percent }, `doubles ${request.percent} %`);
		case "reorder":
			return change(cluster, request, { reorderPercent: request.percent }, `reorders ${request.percent} %`);
		case "delay": {
			const faults = { delayMs: request.milliseconds, jitterMs: request.jitter ?? 0 };
			return change(cluster, request, faults, `delays by ${faults.delayMs} to ${faults.delayMs + faults.jitterMs} ms`);
		}
		case "mtu":
			cluster.member(request.id);
			ethernet.setFaults(request.id, undefined, { mtuBytes: request.bytes });
			ethernet.setFaults(undefined, request.id, { mtuBytes: request.bytes });
			return `packets of more than ${request.bytes} bytes are lost on their way to member ${request.id} and from it`;
		case "swap":
			return swapAddresses(cluster, request.id, request.other);
		case "record":
			try {
				ethernet.record(request.path);
			} catch (error) {
				throw new Refusal("BAD_PATH", `cannot record: ${(error as Error).message}`);
			}
			return `frames are recorded in ${request.path}`;
		case "stop-recording":
			return `the recording is closed; ${ethernet.stopRecording()} frames were left out`;
		case "heal":
			ethernet.heal();
			return "the network is whole";
	}
}

function swapAddresses(cluster: Cluster, id: number, other: number): string {
	if (id === other) throw new Refusal("BAD_REQUEST", "a member cannot exchange its address with itself");
	for (const chosen of [id, other])
		if (cluster.member(chosen).state === "host")
			throw new Refusal("HOST_MEMBER", `member ${chosen} runs on the host, whose address is not the switch's to give`);
	cluster.ethernet.swapAddresses(id, other);
	const at = (chosen: number) => `${chosen} is at ${dotted(cluster.ethernet.addressOf(chosen))}`;
	return `board ${at(id)} now, and board ${at(other)}`;
}

function change(
	cluster: Cluster,
	where: { from?: number; to?: number },
	faults: Partial<Faults>,
	what: string,
): string {
	checkEndpoints(cluster, where.from, where.to);
	cluster.ethernet.setFaults(where.from, where.to, faults);
	return `the network ${what} of ${where.from ?? "all"} -> ${where.to ?? "all"}`;
}

function checkEndpoints(cluster: Cluster, from: number | undefined, to: number | undefined): void {
	for (const endpoint of [from, to]) if (endpoint !== undefined && endpoint !== OUTSIDE) cluster.member(endpoint);
	if (from !== undefined && from === to)
		throw new Refusal("BAD_REQUEST", "there is no link from an endpoint to itself");
}
