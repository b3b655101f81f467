/**
 * Scenarios are texts that a person reads: commands at the start of a line, and indented below each
 * what came of it. Whole Raft instances carry them out (cluster.ts); a text is its own expectation.
 *
 * The commands, with nodes by id and time in milliseconds:
 *
 *   cluster N [learners=N] [witnesses=N] [lease=MS] [quiet=MS] [limit=value …]  begin; by default N voters
 *   elect N                      time passes until N asks for votes; then all is delivered
 *   propose N TEXT …             each text is a command at N (x*700 is 700 times x); together in one turn
 *   read N                       a linearizable read at N
 *   read-here N                  a linearizable read that N serves, whether it leads or not
 *   transfer N TARGET            N hands leadership over to TARGET, or to any
 *   drain N | undrain N          N refuses leadership, or takes it again
 *   deliver [COUNT]              the network delivers until it is empty
 *   time MS                      time passes, no timer is judged; tick N … judges those of N …, or of all
 *   wait MS                      time passes in steps of a heartbeat, with ticks and delivery
 *   hold|drop|twice A -> B [KIND]  from now on such datagrams wait, are lost, come twice; * is any node
 *   narrow A -> B BYTES          from now on datagrams with more bytes of entries or chunk are lost
 *   cut N … | M …                from now on all between the two groups is lost
 *   release [A -> B [KIND]]      what waits is put into the network, and the rule ends
 *   heal                         all rules end, and what waits is lost
 *   join N [as ID.INCARNATION] [witness]  N is formatted to be added, and starts; it hears no more than is sent to it
 *   change N [heard] [from=INDEX] [lease=MS] [level=L] MEMBER …  asks N for these: 1 votes, ~4 learns, !5 is a witness, !~6 learns to be, 5.2 is the second life of 5, 3+2 has priority 2;
 *                                with `heard`, those that have power answer N's question at once, whatever rules hold
 *   build N LOWEST HIGHEST       from now on N speaks these levels; from 2 on there are entries of a new type, new:TEXT
 *   write N hold|run|start|finish  the writes of N: not taken, taken and done, taken but not done, done
 *   crash N [written]            power fails; with `written` the write under way is on the disk
 *   start N                      N begins from its disk
 *   snapshot N [keep=COUNT]      N takes a snapshot, and keeps COUNT entries before it in its log
 *   send A -> B KIND COLUMN … [TERM:TEXT …]  a datagram of the test's own making, with entries; ? is withheld
 *   confirm A -> B TERM INDEX    A has answered a fresh question of B with its term and last index
 *   show [N …]                   the state of the nodes
 *   expect WHAT N = VALUE        stop unless role, leader, term, vote, commit, applied, log, state, members, copy is so
 *   quiet | loud                 stop or begin telling datagrams
 */
import assert from "node:assert/strict";
import { NOBODY } from "../../../core/configuration";
import { ENTRY_COMMAND, ENTRY_WITHHELD } from "../../../core/entry";
import * as events from "../../../core/events";
import type { Limits } from "../../../core/limits";
import { drain } from "../../../core/raft/drain";
import { readHere } from "../../../core/raft/follower-reads";
import { COLUMNS_MAX } from "../../../core/raft/messages";
import { ENTRIES_BYTES_MAX } from "../../../core/raft/path";
import { PROBE, REPLICATE } from "../../../core/raft/progress";
import type { Raft } from "../../../core/raft/raft";
import { transferLeadership } from "../../../core/raft/transfer";
import { isSingleCopy } from "../../../core/raft/witness";
import { DONE, reasonName } from "../../../core/reasons";
import { Cluster } from "./cluster";
import { configurationOf, configurationTextOf } from "./configurations";
import { Fates, rule } from "./fates";
import { hearVoters } from "./heard";
import type { Member } from "./member";
import type { Packet, Watcher } from "./watcher";
import { WITHHELD } from "./withheld";
import { eventText, packetText, ROLES } from "./words";

const STATES = ["probe", "replicate", "snapshot"];

export class Scenario {
	/** All that the nodes' traces told, told on or not. */
	readonly events = new Set<number>();
	private cluster!: Cluster;
	private lines: string[] = [];
	private readonly fates = new Fates();
	private nextCall = 1;
	private isQuiet = false;

	/** Carries a text out. @returns the text with what came of each command below it */
	run(text: string): string {
		const output: string[] = [];
		for (const line of text.split("\n")) {
			if (line.startsWith("\t")) continue;
			output.push(line);
			const command = line.replace(/#.*/, "").trim();
			if (command === "") continue;
			this.lines = [];
			try {
				this.command(command);
			} catch (error) {
				if (!(error instanceof Error) || error.name !== "AssertionFailed") throw error;
				this.lines.push(`stopped: ${error.message}`);
			}
			for (const told of this.lines) output.push(`\t${told}`);
		}
		return output.join("\n");
	}

	private command(line: string): void {
		const [verb, ...words] = line.split(/\s+/);
		switch (verb) {
			case "cluster":
				return this.begin(words);
			case "elect":
				return this.elect(this.member(words[0]));
			case "propose":
				return this.propose(this.member(words[0]), words.slice(1));
			case "read":
				return this.call(this.member(words[0]), (raft, call) => raft.read(call));
			case "read-here":
				return this.call(this.member(words[0]), (raft, call) => readHere(raft, call));
			case "transfer": {
				const target = words[1] === "any" ? undefined : this.member(words[1]);
				return this.call(this.member(words[0]), (raft, call) => {
					const place = target === undefined ? NOBODY : raft.places.find(target.id, target.incarnation);
					return transferLeadership(raft, place, call);
				});
			}
			case "drain":
			case "undrain":
				drain(this.member(words[0]).raft, verb === "drain");
				this.cluster.work(this.member(words[0]));
				return this.route();
			case "deliver":
				return this.deliver(words[0] === undefined ? Infinity : Number(words[0]));
			case "time":
				this.cluster.nowMs += Number(words[0]);
				return;
			case "tick":
				for (const member of this.some(words)) this.cluster.tick(member);
				return;
			case "wait":
				return this.wait(Number(words[0]));
			case "hold":
			case "drop":
			case "twice":
				return this.fates.add(verb, words);
			case "narrow":
				return this.fates.narrow(words);
			case "cut":
				return this.fates.cut(words);
			case "release":
				return this.fates.release(words, this.cluster.network);
			case "heal":
				return this.fates.heal();
			case "write":
				return this.write(this.member(words[0]), words[1]);
			case "crash":
				this.cluster.crash(this.member(words[0]), words[1] === "written");
				return;
			case "join":
				return this.join(words);
			case "change":
				return this.change(this.member(words[0]), words.slice(1));
			case "build":
				this.member(words[0]).speak(Number(words[1]), Number(words[2]));
				return;
			case "start":
				this.cluster.start(this.member(words[0]));
				return this.route();
			case "snapshot":
				this.cluster.takeSnapshot(this.member(words[0]), Number(words[1]?.replace("keep=", "") ?? 0));
				return;
			case "send":
				return this.sendOwn(words);
			case "confirm":
				return this.confirm(words);
			case "show":
				for (const member of this.some(words)) this.lines.push(this.show(member));
				return;
			case "expect":
				return this.expect(words);
			case "quiet":
			case "loud":
				this.isQuiet = verb === "quiet";
				return;
			default:
				throw new Error(`no such command: ${verb}`);
		}
	}

	private confirm([from, , to, term, index]: string[]): void {
		const { claims, ids } = this.member(to).raft.places;
		claims.confirm(ids.indexOf(Number(from)), Number(term), Number(index));
	}

	private begin(words: string[]): void {
		const options = new Map(words.slice(1).map((word) => word.split("=") as [string, string]));
		const learners = Number(options.get("learners") ?? 0);
		const leaseMs = Number(options.get("lease") ?? 0);
		const witnesses = Number(options.get("witnesses") ?? 0);
		const quietAfterMs = Number(options.get("quiet") ?? 0);
		for (const name of ["learners", "witnesses", "lease", "quiet"]) options.delete(name);
		const limits: Record<string, number> = {};
		for (const [name, value] of options) limits[name] = Number(value);
		const watcher: Watcher = {
			event: (member, event, a, b, c) => this.event(member, event, a, b, c),
			sent: () => {},
			answered: (member, call, reason, index) => {
				const at = reason === DONE && index > 0 ? ` at ${index}` : "";
				this.lines.push(`${member.place + 1} answers call ${call}: ${reasonName(reason)}${at}`);
			},
		};
		const numbers = { leaseMs, quietAfterMs };
		this.cluster = new Cluster(Number(words[0]), learners, limits as Partial<Limits>, 1, watcher, numbers, witnesses);
	}

	private elect(member: Member): void {
		this.cluster.nowMs += this.cluster.configuration.electionMsMax;
		this.cluster.tick(member);
		this.deliver(Infinity);
	}

	private propose(member: Member, texts: string[]): void {
		for (const shown of texts) {
			const [letter, count] = shown.split("*");
			const text = count === undefined ? shown : letter.repeat(Number(count));
			const call = this.nextCall++;
			const reason = this.cluster.propose(member, call, text);
			this.lines.push(`call ${call}: ${reason === DONE ? "accepted" : reasonName(reason)}`);
		}
		this.cluster.work(member);
		this.route();
	}

	private join(words: string[]): void {
		assert.equal(Number(words[0]), this.cluster.members.length + 1, "nodes are numbered as they join");
		const [id, incarnation] = (words[1] === "as" ? words[2] : words[0]).split(".");
		this.cluster.join(Number(id), Number(incarnation ?? 1), words.at(-1) === "witness");
		this.route();
	}

	private change(member: Member, asked: string[]): void {
		const { configuration } = member.raft;
		const words = asked.filter((word) => word !== "heard");
		const from = words[0]?.startsWith("from=") ? Number(words[0].slice(5)) : configuration.index;
		const next = configurationOf(
			words.filter((word) => !word.includes("=")),
			configuration,
		);
		for (const word of words) if (word.startsWith("lease=")) next.leaseMs = Number(word.slice(6));
		for (const word of words) if (word.startsWith("level=")) next.level = Number(word.slice(6));
		const call = this.nextCall++;
		const reason = this.cluster.change(member, call, next, from);
		if (words.length < asked.length) this.hearAll(member.raft);
		this.lines.push(`call ${call}: ${reason === DONE ? "accepted" : reasonName(reason)}`);
		this.cluster.work(member);
		this.route();
	}

	/** The question whether the voters are there is answered by all that have power. */
	private hearAll(raft: Raft): void {
		const { members } = this.cluster;
		hearVoters(raft, (place) =>
			members.some((other) => other.running && raft.places.find(other.id, other.incarnation) === place),
		);
	}

	private call(member: Member, begin: (raft: Raft, call: number) => number): void {
		const call = this.nextCall++;
		const reason = this.cluster.call(member, call, begin);
		this.lines.push(`call ${call}: ${reason === DONE ? "accepted" : reasonName(reason)}`);
		this.cluster.work(member);
		this.route();
	}

	private deliver(count: number): void {
		this.route();
		for (let i = 0; i < count && this.cluster.network.length > 0; i++) {
			assert.ok(i < 20_000, "the network never falls silent");
			const packet = this.cluster.network.shift() as Packet;
			const lost = this.cluster.members[packet.to].running ? "" : " (nobody there)";
			if (!this.isQuiet) this.lines.push(`${packetText(packet)}${lost}`);
			this.cluster.deliver(packet);
			this.route();
		}
	}

	private wait(ms: number): void {
		const step = this.cluster.configuration.heartbeatMs;
		for (let waited = 0; waited < ms; waited += step) {
			this.cluster.nowMs += step;
			for (const member of this.cluster.members) this.cluster.tick(member);
			this.deliver(Infinity);
		}
	}

	/** Gives the datagrams that were just sent the fate that the rules say. */
	private route(): void {
		this.fates.route(this.cluster.network, (fate, packet) => {
			if (!this.isQuiet) this.lines.push(`${fate}: ${packetText(packet)}`);
		});
	}

	private write(member: Member, how: string): void {
		member.holdWrites = how === "hold" || how === "finish";
		member.holdCompletion = how === "start";
		if (member.running) this.cluster.work(member);
		this.route();
	}

	private sendOwn(words: string[]): void {
		const { from, to, kind } = rule("hold", words);
		const fields = new Array<number>(COLUMNS_MAX).fill(0);
		const entries: number[] = [];
		fields[0] = kind;
		words.slice(4).forEach((word, i) => {
			const [term, text] = word.split(":");
			if (text === undefined) fields[i + 1] = Number(word);
			else if (text === WITHHELD) entries.push(ENTRY_WITHHELD, 0, 0, 0, Number(term), 0, 0, 0);
			else entries.push(ENTRY_COMMAND, 0, text.length, 0, Number(term), 0, 0, 0, ...Buffer.from(text));
		});
		const packet = { kind, from, to, fields, bytes: Uint8Array.from(entries) };
		this.lines.push(packetText(packet));
		this.cluster.deliver(packet);
		this.route();
	}

	/** @param id its number, in order of its start */
	private member(id: string): Member {
		const member = this.cluster.members[Number(id) - 1];
		assert.ok(member !== undefined, `no node ${id}`);
		return member;
	}

	private some(words: string[]): Member[] {
		return words.length === 0 ? this.cluster.members : words.map((id) => this.member(id));
	}

	private show(member: Member): string {
		const { raft } = member;
		if (!member.running)
			return `${member.place + 1} is down, on its disk: term ${member.term} vote ${member.votedFor + 1}`;
		const known = `term ${raft.term} leader ${member.nameAt(raft.leader)} commit ${raft.commitIndex} applied ${raft.appliedIndex}`;
		const base = raft.log.baseIndex > 0 ? `after ${raft.log.baseIndex}/${raft.log.termAt(raft.log.baseIndex)} ` : "";
		const peers: string[] = [];
		if (raft.leader === raft.self) {
			for (let place = 0; place < raft.places.count; place++) {
				if (raft.peer[place] === 0) continue;
				const { progress } = raft;
				const state = progress.state[place];
				assert.ok(state === PROBE || state === REPLICATE || STATES[state] === "snapshot");
				const paused = progress.paused[place] === 1 ? " paused" : "";
				const { bytes, unanswered } = progress.paths;
				const kept = bytes[place] < ENTRIES_BYTES_MAX ? ` kept to ${bytes[place]} bytes` : "";
				const deaf = unanswered[place] > 1 ? ` takes nothing for ${unanswered[place]} heartbeats` : "";
				peers.push(
					`${member.nameAt(place)} ${STATES[state]} match ${progress.match[place]} next ${progress.next[place]}${paused}${kept}${deaf}`,
				);
			}
		}
		const { configuration } = raft;
		const force =
			configuration.index === 0 ? "" : ` goes by ${configuration.index} ${configurationTextOf(configuration)}`;
		const told = peers.length === 0 ? "" : ` peers: ${peers.join(", ")}`;
		return `${member.place + 1} ${ROLES[raft.role]} ${known}${force} log ${base}[${member.logText()}]${told}`;
	}

	private expect(words: string[]): void {
		const [what, id, equals, ...value] = words;
		assert.equal(equals, "=");
		const member = this.member(id);
		const { raft } = member;
		const found: Record<string, () => string> = {
			role: () => ROLES[raft.role],
			leader: () => member.nameAt(raft.leader),
			term: () => String(raft.term),
			vote: () => member.nameAt(raft.votedFor),
			members: () => configurationTextOf(raft.configuration),
			commit: () => String(raft.commitIndex),
			applied: () => String(raft.appliedIndex),
			durable: () => String(raft.persistence.durableIndex),
			log: () => member.logText(),
			state: () => member.state.join(" "),
			copy: () => (isSingleCopy(raft) ? "single" : "several"),
		};
		assert.equal(found[what](), value.join(" "), `${words.join(" ")}, but it is ${found[what]()}`);
		this.lines.push("holds");
	}

	private event(member: Member, event: number, a: number, b: number, c: number): void {
		this.events.add(event);
		const who = (place: number) => member.nameAt(place);
		// In its constructor a node has nothing yet that could be named.
		if (member.raft === undefined) return;
		const told = eventText(who, configurationTextOf(member.raft.configuration), event, a, b, c);
		if (told !== "" && !(this.isQuiet && event !== events.EVENT_LEADER && event !== events.EVENT_PATH))
			this.lines.push(`${member.place + 1} ${told}`);
	}
}
