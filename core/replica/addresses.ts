/**
 * Where members are. The configuration says where each was when it was added (its home); a router may give boards
 * other addresses later. So an address is learned, from answers to questions of our own alone (hello.ts).
 *
 * A learned address that falls silent gives way to the home. It stays remembered, so that both are asked.
 */
import { EVENT_ADDRESS } from "../events";
import type { Trace } from "../ports";
import type { Raft } from "../raft/raft";

/** An address and a port as one number. */
const PORTS = 0x10000;

/** @returns address and port as one number, 0 for none */
export function endpointOf(address: number, port: number): number {
	return address * PORTS + port;
}

export class Addresses {
	/** By place: where a member is sent to now; an address of 0 is unknown. */
	readonly addresses: Float64Array;
	readonly ports: Float64Array;
	/** By place, as endpoints: where the configuration, or the application, says that a member is; 0 for unknown. */
	readonly homes: Float64Array;
	/** By place: the last endpoint that was learned, 0 for none. */
	readonly learned: Float64Array;
	/** By place: when a rumour of it was last followed (hello.ts). */
	readonly followedMs: Float64Array;
	/** By place: when the member last answered from where it is sent to. */
	readonly answeredMs: Float64Array;
	/** By place: since when the member has answered no question of a search; Infinity while none waits. */
	readonly unansweredMs: Float64Array;
	/** How often a member was sent to another address from then on. */
	moves = 0;
	private readonly raft: Raft;
	private readonly trace: Trace;
	/** By place: the node whose address this is, and the configuration's hint that was taken over. */
	private readonly ids: Uint8Array;
	private readonly incarnations: Uint16Array;
	private readonly hints: Float64Array;

	constructor(raft: Raft, places: number, trace: Trace) {
		this.raft = raft;
		this.trace = trace;
		this.addresses = new Float64Array(places);
		this.ports = new Float64Array(places);
		this.homes = new Float64Array(places);
		this.learned = new Float64Array(places);
		this.followedMs = new Float64Array(places).fill(-Infinity);
		this.answeredMs = new Float64Array(places).fill(-Infinity);
		this.unansweredMs = new Float64Array(places).fill(Infinity);
		this.ids = new Uint8Array(places);
		this.incarnations = new Uint16Array(places);
		this.hints = new Float64Array(places);
	}

	/** Takes the configuration's hints for nodes that are new at their place, and for those whose hint has changed. */
	refresh(): void {
		const { configuration, places, previous } = this.raft;
		for (let place = 0; place < this.ids.length; place++) {
			let from = configuration;
			let isThere = place < configuration.count && configuration.ids[place] !== 0;
			if (!isThere) {
				// A leader that restarted after a removal must still reach the removed member to tell it.
				from = previous;
				isThere = place < previous.count && previous.ids[place] !== 0;
			}
			const address = isThere ? from.addresses[place] : 0;
			const port = isThere ? from.ports[place] : 0;
			const hint = endpointOf(address, port);
			const isSame = this.ids[place] === places.ids[place] && this.incarnations[place] === places.incarnations[place];
			// A removed member is still told at its last address.
			if (isSame && (!isThere || hint === this.hints[place])) continue;
			if (!isSame) this.followedMs[place] = this.answeredMs[place] = -Infinity;
			this.unansweredMs[place] = Infinity;
			this.ids[place] = places.ids[place];
			this.incarnations[place] = places.incarnations[place];
			this.hints[place] = hint;
			this.learned[place] = 0;
			this.setHome(place, address, port);
		}
	}

	/** The member at `place` is reached there, whatever the configuration says. */
	setHome(place: number, address: number, port: number): void {
		this.homes[place] = endpointOf(address, port);
		this.addresses[place] = address;
		this.ports[place] = port;
	}

	/** @returns where the member at `place` is sent to, as an endpoint */
	endpoint(place: number): number {
		return endpointOf(this.addresses[place], this.ports[place]);
	}

	/** The member at `place` has answered from there. */
	learn(place: number, address: number, port: number): void {
		this.answeredMs[place] = this.raft.nowMs;
		this.unansweredMs[place] = Infinity;
		this.learned[place] = endpointOf(address, port);
		this.move(place, address, port);
	}

	/** @returns how many members have answered this node within the last milliseconds */
	answeredWithin(milliseconds: number): number {
		const sinceMs = this.raft.nowMs - milliseconds;
		let count = 0;
		for (let place = 0; place < this.answeredMs.length; place++) if (this.answeredMs[place] >= sinceMs) count++;
		return count;
	}

	/** The member at `place` is silent where it was sent to: its home is tried again. */
	fallBack(place: number): void {
		const home = this.homes[place];
		if (home === 0 || home === this.endpoint(place)) return;
		// Mark: an address that fell silent gives way to the configured one
		this.move(place, Math.floor(home / PORTS), home % PORTS);
	}

	private move(place: number, address: number, port: number): void {
		if (this.addresses[place] === address && this.ports[place] === port) return;
		this.addresses[place] = address;
		this.ports[place] = port;
		this.moves++;
		this.trace.event(EVENT_ADDRESS, place, address, port);
	}
}
