/** The commands of a board's serial console. What they do to the board stands behind `Actions`. */
import { words } from "./line";

/** Each may throw an Error whose message is shown. */
export interface Actions {
	/** @returns lines that say how the board is */
	show(): string[];
	setNetwork(ssid: string, password: string): void;
	/** @returns what was done */
	format(cluster: string, node: string, members: string): string;
	/** @param port "" for the usual one */
	join(cluster: string, node: string, port: string): string;
	bind(node: string): string;
	restart(): void;
}

const HELP: readonly string[] = Object.freeze([
	"help                            this text",
	"show                            how this board is",
	'wifi SSID [PASSWORD]            the network to join; "quotes" around spaces',
	"format CLUSTER NODE MEMBER...   makes a blank board node NODE of a cluster",
	"    CLUSTER  16 hexadecimal digits, the same on every board; `new` draws them",
	"    NODE     its id, 1 to 255, or `auto`: the member with this board's MAC",
	"    MEMBER   ID[.INCARNATION]=ADDRESS[:PORT][/MAC], every member, this one too",
	"join CLUSTER NODE [PORT]        makes a blank board a node that `balsa member add` takes in",
	"    NODE     ID, or ID.INCARNATION for a board that was a member before",
	"bind NODE                       this board is NODE from now on, and no other board is",
	"restart                         what wifi, format, join and bind set takes effect",
]);

export class Console {
	private readonly actions: Actions;
	private readonly print: (text: string) => void;

	/** @param print writes one line, without its end */
	constructor(actions: Actions, print: (line: string) => void) {
		this.actions = actions;
		this.print = print;
	}

	execute(line: string): void {
		const [command, ...rest] = words(line);
		try {
			this.run(command, rest);
		} catch (error) {
			this.print(`refused: ${error instanceof Error ? error.message : String(error)}`);
		}
	}

	private run(command: string, rest: string[]): void {
		switch (command) {
			case "help":
				for (const line of HELP) this.print(line);
				return;
			case "show":
				for (const line of this.actions.show()) this.print(line);
				return;
			case "wifi":
				if (rest.length < 1 || rest.length > 2) throw new Error("wifi SSID [PASSWORD]");
				this.setNetwork(rest[0], rest[1] ?? "");
				return;
			case "format":
				if (rest.length < 3) throw new Error("format CLUSTER NODE MEMBER...");
				this.print(this.actions.format(rest[0], rest[1], rest.slice(2).join(" ")));
				return;
			case "join":
				if (rest.length < 2 || rest.length > 3) throw new Error("join CLUSTER NODE [PORT]");
				this.print(this.actions.join(rest[0], rest[1], rest[2] ?? ""));
				return;
			case "bind":
				if (rest.length !== 1) throw new Error("bind NODE");
				this.print(this.actions.bind(rest[0]));
				return;
			case "restart":
				this.actions.restart();
				return;
			default:
				throw new Error(`no command ${command}, try help`);
		}
	}

	/** Lengths of IEEE 802.11 and WPA2: an SSID has 1 to 32 bytes, a passphrase 8 to 63. */
	private setNetwork(ssid: string, password: string): void {
		if (ssid.length < 1 || ssid.length > 32) throw new Error("an SSID has 1 to 32 characters");
		if (password !== "" && (password.length < 8 || password.length > 63))
			throw new Error("a password has 8 to 63 characters");
		this.actions.setNetwork(ssid, password);
		this.print("kept; restart to join");
	}
}
