/**
 * The handshake between two nodes, below consensus: a node asks who is at an address, and the node there answers.
 *
 *   node 1                                    node 3, now at address S
 *     a datagram of 3 comes from S, and 3 was known at address R
 *     HELLO asks, nonce 7f3a…      ─────────▶  S
 *                                  ◀─────────  HELLO answers, nonce 7f3a…
 *     node 3 is at S
 *
 * Only an answer that repeats a nonce of ours, from the endpoint that was asked, moves an address: a datagram that is
 * late, doubled, or sent again from elsewhere teaches nothing. QUIC validates paths likewise (RFC 9000 §8.2), and
 * so does the return routability check of DTLS connection ids (RFC 9146 §6).
 *
 * Everything else that hints at an address is a rumour, and is asked: the source of a datagram of a member, even of one
 * for another receiver, and what an answer says of other members. A node that hears no leader asks everywhere.
 */
import { copy, NO_ROOM } from "../bytes";
import { NOBODY } from "../configuration";
import type { Journal } from "../journal/journal";
import type { Entropy, Network } from "../ports";
import {
	HELLO,
	HELLO_ADDRESS_BYTES,
	HELLO_ANSWERS,
	HELLO_ASKS,
	HELLO_BOOT_EPOCH,
	HELLO_COLUMNS,
	HELLO_FIRST,
	HELLO_LAST_INDEX,
	HELLO_LIMITS,
	HELLO_NONCE,
	HELLO_PURPOSE,
	KIND,
	type Message,
	TERM,
} from "../raft/messages";
import type { Raft } from "../raft/raft";
import { noteShared } from "../raft/refusal";
import { LEADER } from "../raft/role";
import { NO_PEER } from "../raft/witness";
import { OTHER_LIMITS, OTHER_MEMBERS } from "../reasons";
import type { Codec } from "../wire/codec";
import { CLIENT_ID, type Frame, HELLO_FLAG, TAG_BYTES } from "../wire/frame";
import { type Addresses, endpointOf } from "./addresses";

/** A node that heard no leader for so many of the longest election timeouts asks everywhere. */
const SEARCH_TIMEOUTS = 2;
/** In one turn: datagrams for other receivers whose tag is checked, rumours that are looked at, questions that are answered. */
const OVERHEARD_PER_TURN = 4;
const RUMOURS_PER_TURN = 8;
const ANSWERS_PER_TURN = 16;
/** Of a question that was answered: no datagram has it. */
const ANSWERED = -1;
const PORTS = 0x10000;

export class Hello {
	/** The first turn after that calls `upkeep`, in milliseconds since boot; it wakes no node by itself. */
	dueMs = Infinity;
	/** Of this node: fingerprints of its limits and of the configuration that the cluster began with. */
	limits = 0;
	first = 0;
	/** Datagrams of other members that came here since boot, well tagged, and were for another receiver. */
	forOthers = 0;
	private readonly addresses: Addresses;
	private readonly raft: Raft;
	private readonly journal: Journal;
	private readonly network: Network;
	private readonly entropy: Entropy;
	private readonly frame: Frame;
	private readonly codec: Codec;
	private readonly buffer: Uint8Array;
	private readonly fields = new Float64Array(HELLO_COLUMNS);
	private readonly row = new DataView(this.fields.buffer);
	private readonly rows: Uint8Array;
	private readonly rowsView: DataView;
	/** The last questions, a ring: the endpoint that was asked, the nonce, and when. */
	private readonly asked: Float64Array;
	private readonly nonces: Float64Array;
	private readonly askedMs: Float64Array;
	private nextQuestion = 0;
	/** When the turn was whose checks are counted. */
	private turnMs = -1;
	private overheard = 0;
	private rumours = 0;
	private answers = 0;

	/** @param buffer of DATAGRAM_BYTES, shared with the other senders of the node */
	constructor(
		raft: Raft,
		addresses: Addresses,
		journal: Journal,
		network: Network,
		entropy: Entropy,
		frame: Frame,
		codec: Codec,
		buffer: Uint8Array,
		places: number,
	) {
		this.raft = raft;
		this.addresses = addresses;
		this.journal = journal;
		this.network = network;
		this.entropy = entropy;
		this.frame = frame;
		this.codec = codec;
		this.buffer = buffer;
		this.rows = new Uint8Array(places * HELLO_ADDRESS_BYTES);
		this.rowsView = new DataView(this.rows.buffer);
		this.asked = new Float64Array(4 * places);
		this.nonces = new Float64Array(4 * places);
		this.askedMs = new Float64Array(4 * places);
	}

	/** The node begins to run; `raft.nowMs` is the time. */
	start(): void {
		// At once: a node that differs in what all must share is named before anybody stands for election.
		this.dueMs = this.raft.nowMs;
	}

	// Asking.

	/** Asks the member at `place` where it is believed to be. */
	ask(place: number): void {
		this.askAt(place, this.addresses.endpoint(place));
	}

	/** Members have claimed what is too far to be believed of one datagram (core/raft/claims.ts): each is asked once in an election timeout. */
	askDoubted(): void {
		const { places } = this.raft;
		for (let place = 0; place < places.count; place++) if ((places.claims.asks & (1 << place)) !== 0) this.ask(place);
	}

	/** Asks the node at an endpoint; the datagram is for the member at `place`, who may be elsewhere. */
	private askAt(place: number, endpoint: number): void {
		const { asked, raft } = this;
		if (endpoint < PORTS || endpoint % PORTS === 0) return;
		// In one turn an endpoint is asked once.
		if (this.wasAskedSince(endpoint, raft.nowMs)) return;
		const nonce = this.entropy.random32();
		const question = this.nextQuestion;
		this.nextQuestion = (question + 1) % asked.length;
		asked[question] = endpoint;
		this.nonces[question] = nonce;
		this.askedMs[question] = raft.nowMs;
		const end = this.write(HELLO_ASKS, nonce, 0);
		if (end === NO_ROOM) return;
		this.frame.beginHello(this.buffer, place);
		this.network.send(Math.floor(endpoint / PORTS), endpoint % PORTS, this.buffer, this.frame.seal(this.buffer, end));
	}

	private wasAskedSince(endpoint: number, timeMs: number): boolean {
		const { asked, askedMs } = this;
		for (let i = 0; i < asked.length; i++) if (asked[i] === endpoint && askedMs[i] >= timeMs) return true;
		return false;
	}

	/**
	 * Something hints that the member at `place` may be at an endpoint. Each member is asked for once a heartbeat at
	 * most, and an endpoint that was asked lately waits while others are hinted at: recorded datagrams that are sent
	 * again from a few addresses do not hide the one from which the member really speaks.
	 */
	rumour(place: number, endpoint: number): void {
		const { addresses, raft } = this;
		const { electionMsMin, heartbeatMs } = raft.configuration;
		if (place === raft.self || endpoint === addresses.endpoint(place)) return;
		if (raft.nowMs - addresses.followedMs[place] < heartbeatMs) return;
		this.countTurn();
		if (this.rumours === RUMOURS_PER_TURN) return;
		this.rumours++;
		if (this.wasAskedSince(endpoint, raft.nowMs - electionMsMin)) return;
		addresses.followedMs[place] = raft.nowMs;
		// Mark: a member may have another address, and is asked
		this.askAt(place, endpoint);
	}

	/** A member's frame has a wrong tag: perhaps it differs in what all must share, and is asked. */
	mistagged(bytes: Uint8Array): void {
		const { claims } = this.raft.places;
		const place = this.raft.places.find(bytes[4], bytes[5] * 256 + bytes[6]);
		if (place === NOBODY || place === this.raft.self || (claims.asks & (1 << place)) !== 0) return;
		claims.asks |= 1 << place;
		this.ask(place);
	}

	/** In another turn, which is seen by the time, all that a turn may check is there again. */
	private countTurn(): void {
		const { nowMs } = this.raft;
		if (this.turnMs === nowMs) return;
		this.turnMs = nowMs;
		this.overheard = this.rumours = this.answers = 0;
	}

	/**
	 * A datagram for another receiver came, in `message.bytes[0, length)`. Its tag says that its sender is of the cluster,
	 * so its source is a rumour. A question is answered: the asker wants to know who is here.
	 */
	overhear(message: Message, length: number): void {
		const { addresses, codec, frame, network, raft } = this;
		const { bytes } = message;
		this.countTurn();
		if (this.overheard === OVERHEARD_PER_TURN || bytes[4] === CLIENT_ID) return;
		const incarnation = bytes[5] * 256 + bytes[6];
		const place = raft.places.find(bytes[4], incarnation);
		const isHello = (bytes[0] & HELLO_FLAG) !== 0;
		// A node that waits to be added knows nobody, and may be asked by the name of its former life.
		if (place === NOBODY && !isHello) return;
		this.overheard++;
		if (!frame.isTagged(bytes, length)) return;
		const endpoint = endpointOf(network.sourceAddress, network.sourcePort);
		if (place !== raft.self) {
			// Mark: a datagram for another receiver tells where its sender may be
			this.forOthers++;
			if (place !== NOBODY) this.rumour(place, endpoint);
			if (!isHello || codec.decodeMember(message, length - TAG_BYTES) !== HELLO) return;
			frame.sender = bytes[4];
			frame.senderIncarnation = incarnation;
			if (message.fields[HELLO_PURPOSE] === HELLO_ASKS) this.receive(message, place);
			return;
		}
		const receiver = raft.places.find(bytes[7], bytes[8] * 256 + bytes[9]);
		if (receiver === NOBODY || endpoint !== addresses.endpoint(receiver)) return;
		// Mark: a node gets its own datagram back
		// This node has the address that the receiver had, so the receiver may have ours.
		addresses.fallBack(receiver);
		this.rumour(receiver, addresses.homes[raft.self]);
	}

	// Answering.

	/**
	 * A HELLO for this node came.
	 * @param place of its sender, or NOBODY for a node that no configuration here knows
	 */
	receive(message: Message, place: number): void {
		const { network } = this;
		const endpoint = endpointOf(network.sourceAddress, network.sourcePort);
		const nonce = message.fields[HELLO_NONCE];
		if (message.fields[HELLO_PURPOSE] === HELLO_ASKS) {
			this.answer(place, nonce);
			if (place !== NOBODY) this.rumour(place, endpoint);
			// What it says of itself counts when it answers a question of ours.
			const learns = this.first === 0 && message.fields[HELLO_FIRST] !== 0;
			const isNoted = this.raft.places.refusal.isNoted(this.frame.sender, this.differenceOf(message));
			if ((learns || !isNoted) && this.answers < ANSWERS_PER_TURN) this.askAt(place, endpoint);
			return;
		}
		if (message.fields[HELLO_PURPOSE] !== HELLO_ANSWERS) return;
		const { asked, nonces } = this;
		for (let question = 0; question < asked.length; question++) {
			if (asked[question] !== endpoint || nonces[question] !== nonce) continue;
			nonces[question] = ANSWERED;
			this.onAnswer(message, place);
			return;
		}
		// Mark: an answer comes that nobody here asked for
	}

	/** @returns OTHER_LIMITS, OTHER_MEMBERS, or 0: what its sender differs in. Who waits to be added says nothing of members. */
	private differenceOf(message: Message): number {
		const { fields } = message;
		if (fields[HELLO_LIMITS] !== this.limits) return OTHER_LIMITS;
		const isKnown = this.first !== 0 && fields[HELLO_FIRST] !== 0;
		return isKnown && fields[HELLO_FIRST] !== this.first ? OTHER_MEMBERS : 0;
	}

	/** Frames between members are tagged by what they share. */
	share(first: number): void {
		if (first === this.first) return;
		this.first = first;
		this.frame.setShared(this.limits, first);
		// The driver is told with the members.
		this.raft.places.changed = true;
	}

	private onAnswer(message: Message, place: number): void {
		const { addresses, network, raft } = this;
		const difference = this.differenceOf(message);
		noteShared(raft, this.frame.sender, difference);
		// A node that waits to be added learns from who answers it whose member it will be, until it has found a leader.
		const { fields } = message;
		if (raft.isBlank && raft.leader === NOBODY && difference !== OTHER_LIMITS && fields[HELLO_FIRST] !== 0)
			this.share(fields[HELLO_FIRST]);
		if (place === NOBODY) return;
		raft.places.claims.confirm(place, message.fields[TERM], message.fields[HELLO_LAST_INDEX]);
		addresses.learn(place, network.sourceAddress, network.sourcePort);
		const { view } = message;
		const end = message.offset + message.length;
		for (let at = message.offset; at + HELLO_ADDRESS_BYTES <= end; at += HELLO_ADDRESS_BYTES) {
			const other = raft.places.find(view.getUint8(at), view.getUint16(at + 1));
			if (other !== NOBODY) this.rumour(other, endpointOf(view.getUint32(at + 3), view.getUint16(at + 7)));
		}
	}

	private answer(place: number, nonce: number): void {
		const { buffer, frame, network } = this;
		this.countTurn();
		if (this.answers === ANSWERS_PER_TURN) return;
		this.answers++;
		const end = this.write(HELLO_ANSWERS, nonce, this.writeAddresses(place));
		if (end === NO_ROOM) return;
		frame.beginHello(buffer, place);
		network.send(network.sourceAddress, network.sourcePort, buffer, frame.seal(buffer, end));
	}

	/** @returns bytes of the rows of all members but the one that asks and this one */
	private writeAddresses(asker: number): number {
		const { addresses, raft, rowsView } = this;
		const { places } = raft;
		let at = 0;
		for (let place = 0; place < places.count; place++) {
			if (place === asker || place === raft.self || places.ids[place] === 0 || addresses.ports[place] === 0) continue;
			rowsView.setUint8(at, places.ids[place]);
			rowsView.setUint16(at + 1, places.incarnations[place]);
			rowsView.setUint32(at + 3, addresses.addresses[place]);
			rowsView.setUint16(at + 7, addresses.ports[place]);
			at += HELLO_ADDRESS_BYTES;
		}
		return at;
	}

	/** @returns the offset after the body, or NO_ROOM */
	private write(purpose: number, nonce: number, length: number): number {
		const { buffer, fields, journal } = this;
		fields[KIND] = HELLO;
		fields[TERM] = journal.term;
		fields[HELLO_NONCE] = nonce;
		fields[HELLO_PURPOSE] = purpose;
		fields[HELLO_BOOT_EPOCH] = journal.bootEpoch;
		fields[HELLO_LAST_INDEX] = this.raft.persistence.durableIndex;
		fields[HELLO_LIMITS] = this.limits;
		fields[HELLO_FIRST] = this.first;
		const at = this.codec.encode(buffer, HELLO, this.row, 0, length);
		if (at === NO_ROOM) return NO_ROOM;
		if (length > 0) copy(buffer, at, this.rows, 0, length);
		return at + length;
	}

	// Silence.

	/** Looks after members that are silent. To be called when `dueMs` has come. */
	upkeep(): void {
		const { raft } = this;
		const { configuration } = raft;
		this.dueMs = raft.nowMs + configuration.electionMsMin;
		// Members that claim too much again are asked again.
		raft.places.claims.asks = 0;
		if (raft.isQuiet) return;
		if (raft.role === LEADER) {
			for (let place = 0; place < raft.places.count; place++) {
				if (raft.peer[place] === NO_PEER) continue;
				if (raft.nowMs - raft.progress.contactMs[place] > configuration.electionMsMax) this.seek(place);
			}
			return;
		}
		if (raft.nowMs - raft.leaderHeardMs <= SEARCH_TIMEOUTS * configuration.electionMsMax) return;
		// Mark: a node that hears no leader asks everywhere
		let other = NOBODY;
		for (let place = 0; place < raft.places.count; place++) {
			if (place === raft.self || raft.places.ids[place] === 0) continue;
			other = place;
			this.seek(place);
		}
		// Another member may be where this one was.
		if (other !== NOBODY) this.askAt(other, this.addresses.homes[raft.self]);
	}

	/** The member at `place` is silent: it is asked wherever it may be. */
	private seek(place: number): void {
		const { addresses, raft } = this;
		this.ask(place);
		// That it was not heard says little: nobody may have had a reason to speak.
		if (addresses.unansweredMs[place] === Infinity) addresses.unansweredMs[place] = raft.nowMs;
		else if (raft.nowMs - addresses.unansweredMs[place] > raft.configuration.electionMsMax) addresses.fallBack(place);
		this.askAt(place, addresses.homes[place]);
		this.askAt(place, addresses.learned[place]);
	}
}
