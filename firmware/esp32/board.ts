/**
 * One ESP32 as a node: what it keeps, its network, its console, and the turns of its replica. A node
 * starts only on the board that its flash is bonded to; else the board has its console and its Wi-Fi,
 * answers nobody, and says why.
 */
import config from "mc/config";
import Timer from "timer";
import { statusName } from "../../core/journal/status";
import { PROFILE_M } from "../../core/limits";
import { fingerprintText, firstFingerprint, formatNode, joiningConfiguration } from "../../core/replica/format";
import { Replica } from "../../core/replica/replica";
import { DeviceClock } from "../../platform/moddable/clock";
import { DeviceEntropy } from "../../platform/moddable/entropy";
import { DeviceFlash } from "../../platform/moddable/flash";
import { DeviceGauges } from "../../platform/moddable/gauges";
import {
	consoleFlush,
	consoleOpen,
	consoleRead,
	consoleWrite,
	heapBytes,
	heapUsedBytes,
	macAddress,
	random32,
	restart,
} from "../../platform/moddable/natives";
import { DeviceNetwork } from "../../platform/moddable/network";
import { DeviceTextStore } from "../../platform/moddable/settings-store";
import { Station } from "../../platform/moddable/station";
import { ConsoleTrace } from "../events";
import type { Actions } from "./console";
import { Console } from "./console";
import { firstBoot } from "./first-boot";
import { heardLine } from "./heard";
import {
	DEFAULT_PORT,
	drawCluster,
	formatCluster,
	formatMac,
	initialConfiguration,
	ownMember,
	parseIdentity,
	parseJoiner,
	parsePort,
	warningOf,
} from "./identity";
import { journalOwner } from "./journal-owner";
import { LineReader } from "./line";
import type { JournalIdentity } from "./settings";
import { ADMITTED, admissionName, NEW_BOARD, Settings } from "./settings";

/** How often typed characters are fetched: the UART's buffer of 512 bytes takes 44 ms to fill. */
const CONSOLE_MS = 20;
const CONSOLE_BYTES = 64;
/** The longest that the replica may ask to sleep: a look at the clock each minute costs nothing. */
const TURN_MS_MAX = 60_000;

interface Globals {
	/** Called by XS before it restarts the board, with the reason and what was thrown. */
	abort?: (reason: string, thrown: unknown) => void;
	/** The debugger's output, in debug builds. */
	trace?: (text: string) => void;
}

function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

export class Board implements Actions {
	private readonly settings = new Settings(new DeviceTextStore());
	private readonly typed = new Uint8Array(CONSOLE_BYTES);
	private readonly mac: string;
	private readonly hasConsole: boolean;
	private readonly lines: LineReader;
	private openedFlash: DeviceFlash | null = null;
	/** What `show` says of the node. */
	private state = "starting";
	private station: Station | null = null;
	private network: DeviceNetwork | null = null;
	private node: Replica | null = null;
	private turnTimer: Timer | null = null;

	constructor() {
		const mac = new Uint8Array(6);
		macAddress(mac);
		this.mac = formatMac(mac);
		this.hasConsole = consoleOpen();
		const console = new Console(this, (line) => this.print(line));
		this.lines = new LineReader(
			(line) => console.execute(line),
			(text) => consoleWrite(text),
		);
	}

	start(): void {
		(globalThis as Globals).abort = (reason, thrown) => this.onAbort(reason, thrown);
		this.print(`balsa on ${this.mac}; try help`);
		if (this.hasConsole) Timer.set(() => this.readConsole(), CONSOLE_MS, CONSOLE_MS);
		try {
			this.applyFirstBoot();
			// First the radio: it brings the IP stack, and makes the hardware's random bits random.
			this.station = new Station(this.settings.ssid, this.settings.password);
			this.startNode();
		} catch (error) {
			// Not a restart: what is wrong with the flash would be as wrong then.
			this.state = `stopped: ${messageOf(error)}`;
			this.print(`the node does not start: ${messageOf(error)}`);
		}
	}

	private startNode(): void {
		const admission = this.settings.admit(this.journalOf(), this.mac);
		if (admission !== ADMITTED && admission !== NEW_BOARD) throw new Error(admissionName(admission));
		this.network = new DeviceNetwork(this.settings.port || DEFAULT_PORT, () => this.turn());
		this.node = new Replica(
			{
				network: this.network,
				flash: this.flash,
				clock: new DeviceClock(),
				entropy: new DeviceEntropy(),
				trace: new ConsoleTrace((line) => this.print(line)),
				gauges: new DeviceGauges(),
			},
			PROFILE_M,
		);
		const { journal, member } = this.node;
		const { id, incarnation, status } = journal;
		if (member === null) this.state = `answers its status only: ${statusName(status)}`;
		else this.state = `running: ${id}.${incarnation}, boot ${journal.bootEpoch}`;
		this.print(`node ${this.state}`);
		this.turnTimer = Timer.set(() => this.turn(), 0, 1);
	}

	/** One turn of the replica: when datagrams wait, and when the time that it asked for has come. */
	private turn(): void {
		if (this.node === null || this.turnTimer === null) return;
		const waitMs = Math.min(TURN_MS_MAX, Math.ceil(this.node.turn()));
		// A timer that repeats lives on; its next call is set anew each time.
		Timer.schedule(this.turnTimer, waitMs, TURN_MS_MAX);
	}

	private get flash(): DeviceFlash {
		this.openedFlash ??= new DeviceFlash();
		return this.openedFlash;
	}

	/** @returns whose journal is in the partition; null when it is blank; throws when it cannot be read */
	private journalOf(): JournalIdentity | null {
		return journalOwner(this.flash);
	}

	/** Once, on a board that has neither network nor journal: what its build says. */
	private applyFirstBoot(): void {
		try {
			const { ssid, password, cluster, members, node } = firstBoot(config);
			if (ssid !== "" && this.settings.ssid === "") this.settings.setNetwork(ssid, password);
			if (cluster === "" || members === "") return;
			if (this.settings.admit(this.journalOf(), this.mac) !== NEW_BOARD) return;
			this.print(this.format(cluster, node, members));
		} catch (error) {
			this.print(`first boot: ${messageOf(error)}`);
		}
	}

	/** One line, whatever state the journal is in. */
	private journalLine(): string {
		try {
			const identity = this.journalOf();
			if (identity === null) return "blank";
			return `cluster ${formatCluster(identity)} node ${identity.id} incarnation ${identity.incarnation}`;
		} catch (error) {
			return messageOf(error);
		}
	}

	show(): string[] {
		const radio = this.station;
		return [
			`board      ${this.mac}`,
			`network    ${this.settings.ssid || "none"}, connection ${radio?.connection ?? 0}, address ${radio?.address || "none"}`,
			`           failed attempts ${radio?.reconnector.failures ?? 0}, losses ${radio?.reconnector.losses ?? 0}`,
			`port       ${this.settings.port || DEFAULT_PORT}`,
			`journal    ${this.journalLine()}`,
			`node       ${this.state}`,
			`memory     ${heapUsedBytes()} of ${heapBytes()} bytes of XS`,
			`heard      ${this.node === null ? "nobody: no node runs" : heardLine(this.node)}`,
			`datagrams  ${this.network?.dropped() ?? 0} dropped`,
		];
	}

	setNetwork(ssid: string, password: string): void {
		this.settings.setNetwork(ssid, password);
	}

	format(cluster: string, node: string, members: string): string {
		if (this.journalOf() !== null) throw new Error("the journal is not blank");
		if (this.settings.admit(null, this.mac) !== NEW_BOARD)
			throw new Error(
				"this board was a member and lost its journal: it needs a new incarnation: `join`, see docs/members.md",
			);
		const identity = parseIdentity(cluster === "new" ? drawCluster(random32) : cluster, node, members, this.mac);
		const own = ownMember(identity);
		const owner = { ...identity, incarnation: own.incarnation };
		const configuration = initialConfiguration(identity, PROFILE_M.members);
		formatNode(this.flash, PROFILE_M, owner, configuration);
		this.settings.setPort(own.port);
		this.settings.bind(owner, this.mac);
		const first = `members ${fingerprintText(firstFingerprint(configuration))}, the same on all boards`;
		return `node ${own.id} of cluster ${formatCluster(identity)}; ${first}; restart to begin${warningOf(configuration)}`;
	}

	join(cluster: string, node: string, port: string): string {
		if (this.journalOf() !== null) throw new Error("the journal is not blank");
		const identity = parseJoiner(cluster, node);
		const ownPort = port === "" ? DEFAULT_PORT : parsePort(port);
		if (this.settings.admit(null, this.mac) !== NEW_BOARD && !this.settings.isLaterLife(identity))
			throw new Error("this board lost its journal: it comes back in a later incarnation only");
		formatNode(this.flash, PROFILE_M, identity, joiningConfiguration(identity));
		this.settings.setPort(ownPort);
		this.settings.bind(identity, this.mac);
		return `node ${identity.id}.${identity.incarnation} waits to be added to cluster ${formatCluster(identity)}; restart to begin`;
	}

	bind(node: string): string {
		const identity = this.journalOf();
		if (identity === null) throw new Error("the journal is blank");
		if (node !== String(identity.id)) throw new Error(`the journal is of node ${identity.id}`);
		this.settings.bind(identity, this.mac);
		return `node ${identity.id} lives on this board; restart to begin`;
	}

	restart(): void {
		consoleFlush();
		restart();
	}

	private readConsole(): void {
		let count: number;
		do {
			count = consoleRead(this.typed);
			for (let i = 0; i < count; i++) this.lines.push(this.typed[i]);
		} while (count === CONSOLE_BYTES);
	}

	private print(line: string): void {
		if (this.hasConsole) consoleWrite(`${line}\r\n`);
		else (globalThis as Globals).trace?.(`${line}\n`);
	}

	/** XS restarts the board when this returns: an uncaught exception, or memory that is used up. */
	private onAbort(reason: string, thrown: unknown): void {
		this.print(`stopped: ${reason}`);
		if (thrown instanceof Error) this.print(thrown.stack ?? thrown.message);
		consoleFlush();
	}
}
