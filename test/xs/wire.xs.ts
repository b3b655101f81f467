/** Frame and codec over the native twin of core/bytes: the same outcomes as on V8, and no memory taken. */
import { copy } from "../../core/bytes";
import { Configuration, NOBODY, ROLE_VOTER } from "../../core/configuration";
import { APPEND_REQUEST, APPEND_RESPONSE, Message } from "../../core/raft/messages";
import { Codec } from "../../core/wire/codec";
import { ConfigurationCodec } from "../../core/wire/configuration";
import { ACCEPTED } from "../../core/wire/drops";
import { CLIENT_ID, Frame } from "../../core/wire/frame";
import { PAGE_END, PAGE_PAIR, PageReader } from "../../core/wire/page";
import { ClientMessage, REQUEST, RESPONSE, writeRequest, writeResponse } from "../../core/wire/requests";
import { CHUNK_BYTES_ALLOCATED, counter, SLOTS_ALLOCATED } from "../../platform/qemu/board";
import { DIGEST_OF_CLIENT, DIGEST_OF_NODE, receiveFrames, SHORT_RUN } from "../core/wire/frames";
import { PageWriter } from "../core/wire/page-writer";
import { describe, equal, it } from "./harness";

/** Two members and a client, and everything that a datagram between them needs. */
class Ends {
	readonly buffer = new Uint8Array(1472);
	readonly codec = new Codec();
	readonly configurationCodec = new ConfigurationCodec();
	readonly members = new Configuration(5);
	readonly first = new Frame(1, 2, 1, 1, 5);
	readonly second = new Frame(1, 2, 2, 1, 5);
	readonly client = new Frame(1, 2, CLIENT_ID, 0, 0);
	readonly message = new Message(this.buffer);
	readonly asked = new ClientMessage();
	readonly row = new DataView(new ArrayBuffer(8 * 8));
	readonly page = new PageWriter(this.buffer);
	readonly reader = new PageReader();
	readonly bytes = new Uint8Array(64);

	constructor() {
		for (let id = 1; id <= 5; id++) this.members.add(id, 1, ROLE_VOTER, 0x0a4d0000 + id, 4000);
		this.first.setMembers(this.members);
		this.second.setMembers(this.members);
	}

	sendMember(kind: number, length: number): void {
		const { buffer, first, second, codec, row, bytes } = this;
		row.setFloat64(0, kind, true);
		first.begin(buffer, 1);
		const at = codec.encode(buffer, kind, row, 0, length);
		copy(buffer, at, bytes, 0, length);
		const size = first.seal(buffer, at + length);
		equal(second.check(buffer, size), ACCEPTED);
		equal(codec.decodeMember(this.message, second.bodyEnd), kind);
	}

	ask(): void {
		const { buffer, client, first, codec, asked, bytes } = this;
		client.beginTo(buffer, 1, 0);
		asked.fields[0] = REQUEST;
		const size = client.seal(buffer, writeRequest(codec, buffer, asked, bytes, 0, 24, bytes, 0, 3));
		equal(first.check(buffer, size), ACCEPTED);
		equal(codec.decodeRequest(buffer, first.bodyEnd, asked), REQUEST);
	}

	answer(): void {
		const { buffer, client, first, codec, asked, bytes, page, reader } = this;
		page.begin(600, 1400);
		page.add(1, 2, 3, bytes, 0, 5, bytes, 5, 40);
		asked.fields[0] = RESPONSE;
		first.begin(buffer, NOBODY);
		const size = first.seal(buffer, writeResponse(codec, buffer, asked, buffer, 600, page.end - 600));
		equal(client.check(buffer, size), ACCEPTED);
		equal(codec.decodeResponse(buffer, client.bodyEnd, asked), RESPONSE);
		reader.begin(asked.offset, asked.length);
		equal(reader.next(buffer), PAGE_PAIR);
		equal(reader.next(buffer), PAGE_END);
	}

	configure(): void {
		const end = this.configurationCodec.write(this.buffer, 0, 200, this.members);
		equal(this.configurationCodec.read(this.buffer, 0, end, this.members), true);
		this.first.setMembers(this.members);
	}

	all(): void {
		this.sendMember(APPEND_REQUEST, 24);
		this.sendMember(APPEND_RESPONSE, 0);
		this.ask();
		this.answer();
		this.configure();
		this.second.check(this.buffer, 100);
	}
}

describe("core/wire inside XS", () => {
	it("takes and drops random and mutated frames at a node as V8 does", () =>
		equal(receiveFrames(SHORT_RUN, true).digest, DIGEST_OF_NODE));
	it("takes and drops them at a client as V8 does", () =>
		equal(receiveFrames(SHORT_RUN, false).digest, DIGEST_OF_CLIENT));

	it("allocates nothing for a message", () => {
		const ends = new Ends();
		ends.all();
		const slots = counter(SLOTS_ALLOCATED);
		const chunkBytes = counter(CHUNK_BYTES_ALLOCATED);
		for (let i = 0; i < 100; i++) ends.all();
		equal(counter(SLOTS_ALLOCATED) - slots, 0, "slots");
		equal(counter(CHUNK_BYTES_ALLOCATED) - chunkBytes, 0, "bytes of chunks");
		const array = new Uint8Array(9);
		equal(array.length, 9);
		equal(counter(SLOTS_ALLOCATED) > slots, true, "a counter that never moves would prove nothing");
	});
});
