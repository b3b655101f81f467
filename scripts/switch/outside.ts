/** Processes of the host that are no member: each has an address of the virtual network, as long as it is in use. */
import type { Socket } from "node:dgram";
import { OUTSIDE_FIRST, OUTSIDE_LAST } from "./addresses";

export interface Outside {
	/** Its endpoint on the virtual network. */
	readonly address: number;
	/** Its UDP port on 127.0.0.1, which is its port on the virtual network too. */
	readonly port: number;
	/** What a member that runs on the host sees as this process; opened when it is needed. */
	relay?: Socket;
}

export class OutsideTable {
	/** By port, the least recently used first: a Map keeps the order of insertion. */
	readonly #byPort = new Map<number, Outside>();
	readonly #byAddress = new Map<number, Outside>();
	readonly #capacity: number;

	/** @param capacity at most the addresses that there are */
	constructor(capacity = OUTSIDE_LAST - OUTSIDE_FIRST + 1) {
		this.#capacity = Math.min(capacity, OUTSIDE_LAST - OUTSIDE_FIRST + 1);
	}

	get size(): number {
		return this.#byPort.size;
	}

	/** @returns the process of this port; a new one takes a free address, or that of the least recently used */
	of(port: number): Outside {
		const known = this.#byPort.get(port);
		if (known !== undefined) {
			this.#byPort.delete(port);
			this.#byPort.set(port, known);
			return known;
		}
		const entry: Outside = { address: this.#takeAddress(), port };
		this.#byPort.set(port, entry);
		this.#byAddress.set(entry.address, entry);
		return entry;
	}

	at(address: number): Outside | undefined {
		return this.#byAddress.get(address);
	}

	close(): void {
		for (const entry of this.#byPort.values()) entry.relay?.close();
		this.#byPort.clear();
		this.#byAddress.clear();
	}

	#takeAddress(): number {
		if (this.#byPort.size < this.#capacity) return OUTSIDE_FIRST + this.#byPort.size;
		const [oldest] = this.#byPort.values();
		this.#byPort.delete(oldest.port);
		oldest.relay?.close();
		return oldest.address;
	}
}
