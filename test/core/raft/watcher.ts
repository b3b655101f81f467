/** What a test may see of a cluster of bare Raft instances. */
import type { Member } from "./member";

export interface Packet {
	kind: number;
	from: number;
	to: number;
	fields: number[];
	bytes: Uint8Array;
}

/** What a test may want to see happen. */
export interface Watcher {
	event(member: Member, event: number, a: number, b: number, c: number): void;
	sent(packet: Packet): void;
	answered(member: Member, call: number, reason: number, index: number): void;
}
