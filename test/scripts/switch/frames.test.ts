import assert from "node:assert/strict";
import fc from "fast-check";
import { FrameReader, STREAM_FRAME_BYTES_MAX, withLength } from "../../../scripts/switch/frame-stream";
import {
	arpReply,
	arpRequestTarget,
	destinationOf,
	packetBytes,
	parseUdp,
	renameReceiver,
	renameSender,
	udpFrame,
} from "../../../scripts/switch/frames";

describe("switch: frames", () => {
	it("writes a datagram byte for byte as the RFCs say", () => {
		const frame = udpFrame(1, 7000, 2, 7001, Buffer.from("balsa"));
		const hex = [
			"525400000002 525400000001 0800",
			"4500 0021 0000 4000 40 11 2630 0a4d0001 0a4d0002", // RFC 791
			"1b58 1b59 000d 84b1", // RFC 768
			"62616c7361",
		];
		assert.equal(frame.subarray(0, 47).toString("hex"), hex.join("").replaceAll(" ", ""));
		assert.equal(frame.length, 60);
		assert.deepEqual(frame.subarray(47), Buffer.alloc(13));
	});

	it("reads back what it wrote, and nothing where one bit fell", () => {
		const port = fc.integer({ min: 1, max: 65535 });
		const endpoint = fc.integer({ min: 1, max: 254 });
		const payload = fc.uint8Array({ maxLength: 1472 });
		fc.assert(
			fc.property(endpoint, port, endpoint, port, payload, fc.nat(), (source, from, destination, to, bytes, place) => {
				const frame = udpFrame(source, from, destination, to, bytes);
				const read = parseUdp(frame);
				assert.deepEqual([read?.sourcePort, read?.destinationPort], [from, to]);
				assert.deepEqual(new Uint8Array(read?.payload ?? []), bytes);
				assert.equal(destinationOf(frame), destination);
				const bit = place % ((28 + bytes.length) * 8);
				frame[14 + (bit >> 3)] ^= 1 << (bit & 7);
				const broken = parseUdp(frame);
				// Ones' complement has two zeros, and a checksum of 0 means none: both are the RFC's, not ours.
				if (broken !== undefined) assert.ok(bit >> 3 === 26 || bit >> 3 === 27 || frame.readUInt16BE(40) === 0);
			}),
		);
	});

	it("writes a checksum of 0 as 0xffff, because 0 says that there is none", () => {
		const without = udpFrame(1, 7000, 2, 7001, new Uint8Array(2)).readUInt16BE(40);
		const frame = udpFrame(1, 7000, 2, 7001, new Uint8Array([without >> 8, without & 0xff]));
		assert.equal(frame.readUInt16BE(40), 0xffff);
		assert.ok(parseUdp(frame));
	});

	it("gives sender and receiver other addresses, as if the datagram had been written so", () => {
		const endpoint = fc.integer({ min: 1, max: 254 });
		const payload = fc.uint8Array({ maxLength: 1472 });
		fc.assert(
			fc.property(
				endpoint,
				endpoint,
				endpoint,
				endpoint,
				payload,
				(source, destination, newSource, newDestination, bytes) => {
					const frame = udpFrame(source, 7000, destination, 7001, bytes);
					renameSender(frame, newSource);
					renameReceiver(frame, newDestination);
					assert.deepEqual(frame, udpFrame(newSource, 7000, newDestination, 7001, bytes));
				},
			),
		);
		const reply = arpReply(Buffer.alloc(60), 9);
		assert.equal(packetBytes(reply), 0);
		assert.equal(packetBytes(udpFrame(1, 7000, 2, 7000, new Uint8Array(10))), 38);
	});

	it("takes no other frame for a datagram, whatever its bytes", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
				const frame = Buffer.from(bytes);
				const datagram = parseUdp(frame);
				if (datagram !== undefined) assert.ok(datagram.payload.length <= frame.length - 42);
			}),
		);
		const fragment = udpFrame(1, 7000, 2, 7000, Buffer.from("x"));
		fragment.writeUInt16BE(0x2000, 20);
		assert.equal(parseUdp(fragment), undefined);
	});

	it("answers an ARP request as RFC 826 says", () => {
		const request = Buffer.from(
			"ffffffffffff 525400000002 0806 0001 0800 06 04 0001 525400000002 0a4d0002 000000000000 0a4d0064".replaceAll(
				" ",
				"",
			),
			"hex",
		);
		assert.equal(arpRequestTarget(request), 100);
		assert.equal(
			arpReply(request, 100).subarray(0, 42).toString("hex"),
			"525400000002525400000064080600010800060400025254000000640a4d00645254000000020a4d0002",
		);
	});

	it("finds the frames of a stream, however it is cut into pieces", () => {
		const frames = fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { maxLength: 10 });
		fc.assert(
			fc.property(frames, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (sent, pieces) => {
				const stream = Buffer.concat(sent.map((frame) => withLength(Buffer.from(frame))));
				const read: Uint8Array[] = [];
				const reader = new FrameReader((frame) => read.push(new Uint8Array(frame)));
				for (let at = 0, i = 0; at < stream.length; at += pieces[i % pieces.length], i += 1)
					assert.ok(reader.push(stream.subarray(at, at + pieces[i % pieces.length])));
				assert.deepEqual(read, sent);
			}),
		);
	});

	it("refuses a stream that is out of step", () => {
		for (const length of [0, STREAM_FRAME_BYTES_MAX + 1, 0xffffffff]) {
			const header = Buffer.alloc(4);
			header.writeUInt32BE(length);
			assert.equal(new FrameReader(() => assert.fail("no frame")).push(header), false);
		}
	});
});
