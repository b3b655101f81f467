/** Decoding for tests: a body of any kind, into a sample. */
import { Message } from "../../../core/raft/messages";
import { Codec } from "../../../core/wire/codec";
import { BODY_OFFSET } from "../../../core/wire/frame";
import { ClientMessage, isOfMembers, isRequest } from "../../../core/wire/requests";
import { LAYOUTS } from "../../../core/wire/schema";
import type { Sample } from "./samples";

/** Reads with the decoder that the kind of the body calls for. @returns the message, or the reason of its drop */
export function readBody(body: Uint8Array): Sample | number {
	const codec = new Codec();
	const bytes = new Uint8Array(BODY_OFFSET + body.length + 4);
	bytes.set(body, BODY_OFFSET);
	const end = BODY_OFFSET + body.length;
	if (isOfMembers(body[1])) {
		const message = new Message(bytes);
		const kind = codec.decodeMember(message, end);
		if (kind < 0) return kind;
		const strings = LAYOUTS[kind].strings === 1 ? [bytes.slice(message.offset, message.offset + message.length)] : [];
		return sample(kind, message.fields, strings);
	}
	const message = new ClientMessage();
	const kind = isRequest(body[1])
		? codec.decodeRequest(bytes, end, message)
		: codec.decodeResponse(bytes, end, message);
	if (kind < 0) return kind;
	const strings = [bytes.slice(message.offset, message.offset + message.length)];
	if (isRequest(kind)) strings.push(bytes.slice(message.secondOffset, message.secondOffset + message.secondLength));
	return sample(kind, message.fields, strings);
}

function sample(kind: number, fields: Float64Array, strings: Uint8Array[]): Sample {
	return { name: `kind ${kind}`, integers: [...fields.slice(0, LAYOUTS[kind].bits.length)], strings };
}
