/** Everything that a decoder of the core reads and that is no whole datagram. */
import { readIntegers, writeIntegers } from "../../../core/bytes";
import {
	CLOSE,
	Command,
	CommandReader,
	EXPECTED,
	KEY_LENGTH,
	KEY_OFFSET,
	NONCE_HIGH,
	NONCE_LOW,
	REGISTER,
	SEQUENCE,
	SESSION,
	U32_MAX,
	U48_MAX,
	VALUE_LENGTH,
	VALUE_OFFSET,
} from "../../../core/command";
import { Configuration } from "../../../core/configuration";
import { ENTRY_COMMAND, ENTRY_CONFIGURATION, ENTRY_HEADER_BYTES, writeEntryHeader } from "../../../core/entry";
import { DATAGRAM_BYTES, PROFILE_S } from "../../../core/limits";
import { Log, MALFORMED } from "../../../core/raft/log";
import { Message } from "../../../core/raft/messages";
import { SnapshotReader, SnapshotWriter, snapshotItemBytes } from "../../../core/store/snapshot";
import { ConfigurationCodec, configurationBytesMax } from "../../../core/wire/configuration";
import { PAGE_END, PAGE_PAIR, PageReader } from "../../../core/wire/page";
import { Machine, SMALL } from "../store/machine";
import { PageWriter } from "../wire/page-writer";
import type { Random } from "./mutation";
import type { Shape } from "./shape";

const MEMBERS = 7;

/** A number at an edge, or small. */
function someNumber(random: Random, largest: number): number {
	const edges = [0, 1, 23, 24, 255, 256, 65535, 65536, U32_MAX, U32_MAX + 1, U48_MAX];
	const value = random.below(2) === 0 ? edges[random.below(edges.length)] : random.below(300);
	return Math.min(value, largest);
}

function someBytes(random: Random, length: number): Uint8Array {
	return Uint8Array.from({ length }, () => random.below(256));
}

/** Up to seven members, simple or joint, with and without an index, leases and rest. */
export function configurations(random: Random): Shape {
	const codec = new ConfigurationCodec();
	const read = new Configuration(MEMBERS);
	const good: Uint8Array[] = [];
	for (let count = 0; count < 48; count++) {
		const one = new Configuration(MEMBERS);
		const joint = random.below(2);
		for (let member = 0; member < count % (MEMBERS + 1); member++) {
			const address = someNumber(random, U32_MAX);
			one.add(1 + 9 * member, 1 + random.below(0xffff), 1 + random.below(3), address, 4000, joint * random.below(4));
		}
		one.index = count % 3 === 0 ? 0 : someNumber(random, U48_MAX);
		one.leaseMs = count % 2 === 0 ? 0 : someNumber(random, 1000);
		one.quietAfterMs = count % 5 === 0 ? 0 : someNumber(random, U32_MAX);
		const target = new Uint8Array(configurationBytesMax(MEMBERS));
		good.push(target.slice(0, codec.write(target, 0, target.length, one)));
	}
	return {
		good,
		read: (bytes, offset, length) => {
			const isRead = codec.read(bytes, offset, length, read);
			// Whether the numbers go together is asked of whatever was read.
			if (isRead) read.isSound();
			return isRead;
		},
		writeAgain: (_bytes, target) => codec.write(target, 0, target.length, read),
	};
}

/** Commands of the store, as clients write them and nodes apply them. */
export function commands(random: Random): Shape {
	const reader = new CommandReader();
	const command = new Command();
	const good: Uint8Array[] = [];
	for (let count = 0; count < 60; count++) {
		command.operation = REGISTER + (count % CLOSE);
		command.nonceHigh = someNumber(random, U32_MAX);
		command.nonceLow = someNumber(random, U32_MAX);
		command.session = someNumber(random, U48_MAX);
		command.sequence = someNumber(random, U32_MAX);
		command.expected = someNumber(random, U48_MAX);
		const key = someBytes(random, someNumber(random, 300));
		const value = someBytes(random, someNumber(random, 300));
		command.keyOffset = command.valueOffset = 0;
		command.keyLength = key.length;
		command.valueLength = value.length;
		const target = new Uint8Array(1024);
		good.push(target.slice(0, command.write(target, 0, target.length, key, value)));
	}
	return {
		good,
		read: (bytes, offset, length) => {
			command.operation = reader.read(bytes, offset, length);
			return command.operation !== 0;
		},
		writeAgain: (bytes, target) => {
			const { row } = reader;
			command.nonceHigh = row[NONCE_HIGH];
			command.nonceLow = row[NONCE_LOW];
			command.session = row[SESSION];
			command.sequence = row[SEQUENCE];
			command.expected = row[EXPECTED];
			command.keyOffset = row[KEY_OFFSET];
			command.keyLength = row[KEY_LENGTH];
			command.valueOffset = row[VALUE_OFFSET];
			command.valueLength = row[VALUE_LENGTH];
			return command.write(target, 0, target.length, bytes, bytes);
		},
	};
}

/** Pages of a RANGE. */
export function pages(random: Random): Shape {
	const target = new Uint8Array(2048);
	const writer = new PageWriter(target);
	const reader = new PageReader();
	const good: Uint8Array[] = [];
	for (let count = 0; count < 40; count++) {
		writer.begin(0, target.length);
		for (let pairs = count % 6; pairs > 0; pairs--) {
			const key = someBytes(random, 1 + random.below(30));
			const value = someBytes(random, someNumber(random, 260));
			const revision = someNumber(random, U48_MAX);
			writer.add(revision, U48_MAX, someNumber(random, U32_MAX), key, 0, key.length, value, 0, value.length);
		}
		good.push(target.slice(0, writer.end));
	}
	let from = 0;
	let size = 0;
	return {
		good,
		read: (bytes, offset, length) => {
			from = offset;
			size = length;
			reader.begin(offset, length);
			for (;;) {
				const found = reader.next(bytes);
				if (found !== PAGE_PAIR) return found === PAGE_END;
				const isInside = reader.keyOffset >= offset && reader.valueOffset + reader.valueLength <= offset + length;
				if (!isInside) throw new Error("a pair stands outside the page");
			}
		},
		writeAgain: (bytes, again) => {
			writer.begin(0, target.length);
			reader.begin(from, size);
			while (reader.next(bytes) === PAGE_PAIR) {
				const { keyOffset, keyLength, valueOffset, valueLength } = reader;
				const { createRevision, modRevision, version } = reader;
				writer.add(createRevision, modRevision, version, bytes, keyOffset, keyLength, bytes, valueOffset, valueLength);
			}
			again.set(target.subarray(0, writer.end));
			return writer.end;
		},
	};
}

/** Rows of unsigned integers, as those of a STATUS, PEERS or MEMBERS answer. */
export function integers(random: Random): Shape {
	const COLUMNS = 12;
	const row = new DataView(new ArrayBuffer(8 * COLUMNS));
	const good: Uint8Array[] = [];
	for (let count = 0; count < 40; count++) {
		for (let column = 0; column < COLUMNS; column++)
			row.setFloat64(8 * column, someNumber(random, Number.MAX_SAFE_INTEGER), true);
		const target = new Uint8Array(9 * COLUMNS);
		good.push(target.slice(0, writeIntegers(target, 0, target.length, row, 0, COLUMNS)));
	}
	return {
		good,
		read: (bytes, offset, length) => readIntegers(bytes, offset, offset + length, row, 0, COLUMNS) === offset + length,
		writeAgain: (_bytes, target) => writeIntegers(target, 0, target.length, row, 0, COLUMNS),
	};
}

/** The entries of an append, as the log takes them in. */
export function entries(random: Random): Shape {
	const TERM = 40;
	const log = new Log(PROFILE_S);
	const message = new Message(new Uint8Array(DATAGRAM_BYTES));
	const good: Uint8Array[] = [];
	for (let count = 0; count < 40; count++) {
		const bytes = new Uint8Array(1200);
		let end = 0;
		let term = random.below(10);
		for (let entry = 0; entry < count % 9; entry++) {
			const length = someNumber(random, 100);
			term = Math.min(TERM, term + random.below(3));
			const type = random.below(9) === 0 ? ENTRY_CONFIGURATION : random.below(4) === 0 ? 0 : ENTRY_COMMAND;
			writeEntryHeader(bytes, end, type, length, term);
			bytes.set(someBytes(random, length), end + ENTRY_HEADER_BYTES);
			end += ENTRY_HEADER_BYTES + length;
		}
		good.push(bytes.slice(0, end));
	}
	return {
		good,
		read: (bytes, offset, length) => {
			log.reset(0, 0);
			const margin = message.bytes.length - length;
			message.bytes.set(bytes.subarray(offset, offset + length), Math.min(offset, margin));
			message.bytes.fill(bytes[0], Math.min(offset, margin) + length);
			message.offset = Math.min(offset, margin);
			message.length = length;
			const taken = log.append(message, TERM, 0, 0);
			if (taken !== MALFORMED) return true;
			if (log.lastIndex !== 0 || log.lastTerm !== 0) throw new Error("something was kept of a malformed append");
			return false;
		},
		writeAgain: (_bytes, target) => (log.lastIndex === 0 ? 0 : log.copyRange(1, log.lastIndex, target, 0)),
	};
}

/** Streams of snapshots: verified without touching the store, then loaded, then taken again. */
export function snapshots(random: Random): Shape {
	const machine = new Machine();
	const { store } = machine;
	const reader = new SnapshotReader(store, SMALL);
	const writer = new SnapshotWriter(store);
	const good: Uint8Array[] = [];
	for (let count = 0; count < 24; count++) {
		const one = new Machine();
		for (let session = 1; session <= count % 4; session++) {
			const { session: id } = one.register(someNumber(random, U32_MAX), session);
			for (let sequence = 1; sequence < random.below(6); sequence++)
				one.put(id, sequence, `key ${random.below(14)}`, someBytes(random, random.below(100)));
		}
		good.push(one.snapshot(1 + random.below(300), someBytes(random, random.below(40))));
	}
	const item = snapshotItemBytes(SMALL);
	function readAll(bytes: Uint8Array, offset: number, length: number, load: boolean): boolean {
		reader.begin(load);
		while (!reader.done) {
			const rest = length - reader.position;
			const window = Math.min(rest, item);
			const taken = reader.take(bytes, offset + reader.position, window, window === rest);
			if (taken < 0) return false;
			if (taken === 0 && !reader.done) throw new Error("a window brought nothing");
		}
		return true;
	}
	return {
		good,
		read: (bytes, offset, length) => {
			const { appliedIndex, revision } = store;
			const { count } = store.keys;
			const isRead = readAll(bytes, offset, length, false);
			if (store.appliedIndex !== appliedIndex || store.revision !== revision || store.keys.count !== count)
				throw new Error("a snapshot that is only verified touched the store");
			if (isRead && !readAll(bytes, offset, length, true)) throw new Error("verified, but not loaded");
			return isRead;
		},
		writeAgain: (_bytes, target) => {
			writer.begin(reader.term, reader.configuration, 0, reader.configurationLength);
			const room = new Uint8Array(target.length + item);
			let at = 0;
			while (!writer.done) at += writer.next(room, at, room.length);
			target.set(room.subarray(0, Math.min(at, target.length)));
			return at;
		},
	};
}
