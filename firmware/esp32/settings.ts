/**
 * What a board keeps outside its journal: the Wi-Fi network, and the bond between the journal's
 * identity and this one board, which a copied flash image cannot carry along.
 */
import { formatCluster } from "./identity";

/** A text by its key, "" when there is none. Keys have at most 15 characters (ESP-IDF, NVS). */
export interface TextStore {
	read(key: string): string;
	write(key: string, value: string): void;
}

const SSID = "ssid";
const PASSWORD = "password";
const PORT = "port";
const MAC = "mac";
const IDENTITY = "identity";

/** May this board be the node that its flash says? */
export const ADMITTED = 0;
/** Neither journal nor bond: a new board. */
export const NEW_BOARD = 1;
/** The bond names another board: the flash is a copy, and the node may live twice. */
export const CLONED = 2;
/** There is a bond and no journal: the node has forgotten its votes, and must not come back as it was. */
export const JOURNAL_LOST = 3;
/** There is a journal and no bond: whether this is a copy cannot be told. */
export const NOT_BOUND = 4;
/** The bond is of another node than the journal. */
export const OTHER_IDENTITY = 5;

const NAMES: readonly string[] = Object.freeze([
	"ADMITTED",
	"NEW_BOARD",
	"CLONED",
	"JOURNAL_LOST",
	"NOT_BOUND",
	"OTHER_IDENTITY",
]);

export function admissionName(admission: number): string {
	return NAMES[admission] ?? "UNKNOWN_ADMISSION";
}

/** Who the journal says that it belongs to. */
export interface JournalIdentity {
	readonly clusterHigh: number;
	readonly clusterLow: number;
	readonly id: number;
	readonly incarnation: number;
}

export class Settings {
	private readonly store: TextStore;

	constructor(store: TextStore) {
		this.store = store;
	}

	get ssid(): string {
		return this.store.read(SSID);
	}

	get password(): string {
		return this.store.read(PASSWORD);
	}

	setNetwork(ssid: string, password: string): void {
		this.store.write(SSID, ssid);
		this.store.write(PASSWORD, password);
	}

	/** UDP port of this node; 0 when none was set. */
	get port(): number {
		const port = Number(this.store.read(PORT));
		return Number.isInteger(port) && port >= 1 && port <= 65535 ? port : 0;
	}

	setPort(port: number): void {
		this.store.write(PORT, String(port));
	}

	/**
	 * Bonds the journal's identity to a board. Written after the journal was formatted: power that
	 * fails between the two leaves NOT_BOUND, which a person resolves, and never a node that counts twice.
	 */
	bind(identity: JournalIdentity, mac: string): void {
		this.store.write(IDENTITY, bondOf(identity));
		this.store.write(MAC, mac);
	}

	/**
	 * @param journal null when the partition is blank
	 * @param mac of this board, twelve digits
	 * @returns ADMITTED, or why the node must not start
	 */
	admit(journal: JournalIdentity | null, mac: string): number {
		const bond = this.store.read(IDENTITY);
		const bound = this.store.read(MAC);
		if (journal === null) return bond === "" && bound === "" ? NEW_BOARD : JOURNAL_LOST;
		if (bond === "" || bound === "") return NOT_BOUND;
		if (bound !== mac) return CLONED;
		return bond === bondOf(journal) ? ADMITTED : OTHER_IDENTITY;
	}

	/**
	 * A board that was a member and lost its journal has forgotten what it promised in that life and in
	 * those before it, so it comes back in a later one (pitfall 67).
	 */
	isLaterLife(identity: JournalIdentity): boolean {
		const [node, incarnation] = this.store.read(IDENTITY).split(".");
		return bondOf(identity).split(".")[0] !== node || identity.incarnation > Number(incarnation);
	}
}

function bondOf(identity: JournalIdentity): string {
	return `${formatCluster(identity)}/${identity.id}.${identity.incarnation}`;
}
