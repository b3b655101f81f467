/** Looks at a running cluster: the status of each member, again and again, and what happens by itself. */
import { UNREACHABLE } from "../../core/reasons";
import { refusal } from "../balsa/answers";
import { HostClient, type StatusAnswer } from "../balsa/host-client";
import type { Cluster } from "../cluster/cluster";
import type { Member } from "../cluster/member";
import type { MemberState } from "../cluster/state";
import { pause } from "./expect";
import { inPlainWords } from "./plain-words";
import type { MemberView } from "./screen";

const ASK_EACH_MS = 500;
const ANSWER_MS = 1500;
const EVENTS_MAX = 100;

/** A board that is switched on tells of its boot itself. */
const STATE_EVENTS: { readonly [state in MemberState]?: string } = Object.freeze({
	off: "has no power",
	paused: "is paused: its process stands still, time goes on",
	frozen: "is frozen: its clock stands still",
	host: "is a process of the host now",
});

const NOT_ASKED: StatusAnswer = Object.freeze(refusal(UNREACHABLE));

export class Watch {
	/** Lines with the time of day; the last is the newest, and the oldest are forgotten. */
	readonly events: string[] = [];
	/** Told each event as it comes, and each answer. */
	onEvent: (line: string) => void = () => {};
	onChange: () => void = () => {};
	readonly #answers = new Map<number, StatusAnswer>();
	readonly #lastTold = new Map<number, string>();
	readonly #states = new Map<number, MemberState>();
	/** Ids in the order of the first configuration. */
	readonly #first: readonly number[];
	#cluster: Cluster | undefined;
	#client: HostClient | undefined;

	constructor(members: readonly number[]) {
		this.#first = members;
	}

	/** For `ClusterOptions.say`. */
	hear(id: number, text: string, console: boolean): void {
		const words = console ? inPlainWords(text, this.#areFirst() ? this.#first : []) : `: ${text}`;
		if (words !== undefined) this.#tell(id, `${id}${console ? " " : ""}${words}`);
	}

	/** Begins to ask the members. */
	async begin(cluster: Cluster): Promise<void> {
		this.#cluster = cluster;
		const { clusterHigh, clusterLow, members } = cluster.state();
		this.#client = await HostClient.open({ clusterHigh, clusterLow, members });
		for (const member of cluster.members) this.#meet(member);
	}

	/** Boards speak of each other by places, which are those of the first configuration only until it is changed. */
	#areFirst(): boolean {
		const members = this.#cluster?.members ?? [];
		return members.every(({ record }) => record.incarnation === 1 && this.#first.includes(record.id));
	}

	#meet(member: Member): void {
		const { id } = member.record;
		this.#client?.learn(member.record);
		this.#states.set(id, member.state);
		void this.#askForEver(id);
	}

	/** Says what has become of members since it was last called. */
	look(): void {
		const members = this.#cluster?.members ?? [];
		for (const id of this.#states.keys()) {
			if (members.some((member) => member.record.id === id)) continue;
			this.#states.delete(id);
			this.#answers.delete(id);
			this.#tell(id, `${id} was taken away`);
		}
		for (const member of members) {
			const { id } = member.record;
			if (!this.#states.has(id)) {
				this.#meet(member);
				this.#tell(id, `${id} waits to be added as a member`);
			}
			const before = this.#states.get(id);
			if (before === member.state) continue;
			this.#states.set(id, member.state);
			const words = STATE_EVENTS[member.state] ?? (before === "off" ? undefined : "goes on");
			if (words !== undefined) this.#tell(id, `${id} ${words}`);
		}
	}

	get members(): readonly MemberView[] {
		return (this.#cluster?.members ?? []).map((member) => {
			const { address, id, port } = member.record;
			const isAsked = member.state === "running" || member.state === "host";
			const answer = isAsked ? (this.#answers.get(id) ?? NOT_ASKED) : NOT_ASKED;
			return { id, address, port, state: member.state, answer };
		});
	}

	end(): void {
		const client = this.#client;
		this.#client = undefined;
		client?.destroy();
	}

	async #askForEver(id: number): Promise<void> {
		while (this.#client !== undefined && this.#states.has(id)) {
			const state = this.#states.get(id);
			if (state === "running" || state === "host") {
				this.#answers.set(id, await this.#client.status(id, ANSWER_MS));
				this.onChange();
			} else this.#answers.delete(id);
			await pause(ASK_EACH_MS);
		}
	}

	#tell(id: number, text: string): void {
		// A member that is alone asks again and again.
		if (this.#lastTold.get(id) === text) return;
		this.#lastTold.set(id, text);
		const line = `${timeOfDay()}  ${text}`;
		this.events.push(line);
		if (this.events.length > EVENTS_MAX) this.events.shift();
		this.onEvent(line);
		this.onChange();
	}
}

export function timeOfDay(): string {
	return new Date().toTimeString().slice(0, 8);
}
