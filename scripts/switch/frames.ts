/** Ethernet II frames with ARP (RFC 826) and UDP (RFC 768) in IPv4 (RFC 791), as far as the switch speaks for others. */

/** Without the frame check sequence, which the emulated Ethernet does not carry. */
export const FRAME_BYTES_MAX = 1514;
/** Shorter frames are padded (IEEE 802.3 §4.2.3.3). */
const FRAME_BYTES_MIN = 60;
/** The most that one unfragmented datagram holds: 1,500 less the IPv4 and the UDP header. */
export const PAYLOAD_BYTES_MAX = 1472;

const ETHERNET_BYTES = 14;
const IPV4_BYTES = 20;
const UDP_BYTES = 8;
const ETHER_TYPE_IPV4 = 0x0800;
const ETHER_TYPE_ARP = 0x0806;
const PROTOCOL_UDP = 17;
const ARP_BYTES = 28;
const ARP_REQUEST = 1;
const ARP_REPLY = 2;
const NETWORK = [10, 77, 0] as const;
const MAC_PREFIX = [0x52, 0x54, 0, 0, 0] as const;

export interface Datagram {
	readonly sourcePort: number;
	readonly destinationPort: number;
	/** A view of the frame. */
	readonly payload: Buffer;
}

/** A frame with several receivers: broadcast or multicast. */
export function isBroadcast(frame: Buffer): boolean {
	return (frame[0] & 1) === 1;
}

/** @returns the endpoint of the destination MAC address, or undefined where that is none of this network */
export function destinationOf(frame: Buffer): number | undefined {
	for (let i = 0; i < MAC_PREFIX.length; i += 1) if (frame[i] !== MAC_PREFIX[i]) return undefined;
	return frame[MAC_PREFIX.length];
}

/** @returns bytes of the IPv4 packet in the frame, 0 when there is none */
export function packetBytes(frame: Buffer): number {
	const isPacket = frame.length >= ETHERNET_BYTES + IPV4_BYTES && frame.readUInt16BE(12) === ETHER_TYPE_IPV4;
	return isPacket ? frame.readUInt16BE(16) : 0;
}

/** The sender has another address on the network than it believes: Ethernet, ARP and IPv4 name it. */
export function renameSender(frame: Buffer, endpoint: number): void {
	writeMac(frame, 6, endpoint);
	if (isArp(frame)) {
		writeMac(frame, 22, endpoint);
		writeAddress(frame, 28, endpoint);
	} else if (packetBytes(frame) > 0) rename(frame, 26, endpoint);
}

/** The same for the receiver. */
export function renameReceiver(frame: Buffer, endpoint: number): void {
	if (!isBroadcast(frame)) writeMac(frame, 0, endpoint);
	if (isArp(frame)) {
		if (frame.readUInt16BE(20) === ARP_REPLY) writeMac(frame, 32, endpoint);
		writeAddress(frame, 38, endpoint);
	} else if (packetBytes(frame) > 0 && !isBroadcast(frame)) rename(frame, 30, endpoint);
}

function isArp(frame: Buffer): boolean {
	return frame.length >= ETHERNET_BYTES + ARP_BYTES && frame.readUInt16BE(12) === ETHER_TYPE_ARP;
}

/** Changes an IPv4 address and the checksums over it; only its last byte differs. */
function rename(frame: Buffer, offset: number, endpoint: number): void {
	const before = frame[offset + 3];
	writeAddress(frame, offset, endpoint);
	correct(frame, 24, before, endpoint);
	const hasChecksum = frame[14] === 0x45 && frame[23] === PROTOCOL_UDP && frame.readUInt16BE(40) !== 0;
	if (hasChecksum) correct(frame, 40, before, endpoint);
}

/** A checksum after a word below it has changed (RFC 1624, equation 3). */
function correct(frame: Buffer, offset: number, before: number, after: number): void {
	let sum = 0xffff - frame.readUInt16BE(offset) + (0xffff - before) + after;
	while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
	frame.writeUInt16BE(0xffff - sum === 0 && offset !== 24 ? 0xffff : 0xffff - sum, offset);
}

/** @returns the endpoint that an ARP request looks for, or undefined for any other frame */
export function arpRequestTarget(frame: Buffer): number | undefined {
	if (frame.length < ETHERNET_BYTES + ARP_BYTES || frame.readUInt16BE(12) !== ETHER_TYPE_ARP) return undefined;
	if (frame.readUInt16BE(20) !== ARP_REQUEST) return undefined;
	for (let i = 0; i < NETWORK.length; i += 1) if (frame[38 + i] !== NETWORK[i]) return undefined;
	return frame[41];
}

/** @returns the answer of endpoint `own` to an ARP request */
export function arpReply(request: Buffer, own: number): Buffer {
	const frame = Buffer.alloc(FRAME_BYTES_MIN);
	request.copy(frame, 0, 6, 12);
	writeMac(frame, 6, own);
	request.copy(frame, 12, 12, 20);
	frame.writeUInt16BE(ARP_REPLY, 20);
	writeMac(frame, 22, own);
	writeAddress(frame, 28, own);
	request.copy(frame, 32, 22, 32);
	return frame;
}

/** @param payload at most PAYLOAD_BYTES_MAX bytes */
export function udpFrame(
	source: number,
	sourcePort: number,
	destination: number,
	destinationPort: number,
	payload: Uint8Array,
): Buffer {
	const length = ETHERNET_BYTES + IPV4_BYTES + UDP_BYTES + payload.length;
	const frame = Buffer.alloc(Math.max(length, FRAME_BYTES_MIN));
	writeMac(frame, 0, destination);
	writeMac(frame, 6, source);
	frame.writeUInt16BE(ETHER_TYPE_IPV4, 12);

	frame[14] = 0x45; // version 4, five words of header
	frame.writeUInt16BE(IPV4_BYTES + UDP_BYTES + payload.length, 16);
	frame.writeUInt16BE(0x4000, 20); // do not fragment
	frame[22] = 64; // time to live
	frame[23] = PROTOCOL_UDP;
	writeAddress(frame, 26, source);
	writeAddress(frame, 30, destination);
	frame.writeUInt16BE(checksum(frame, 14, 34, 0), 24);

	frame.writeUInt16BE(sourcePort, 34);
	frame.writeUInt16BE(destinationPort, 36);
	frame.writeUInt16BE(UDP_BYTES + payload.length, 38);
	frame.set(payload, 42);
	const sum = udpChecksum(frame, length);
	frame.writeUInt16BE(sum === 0 ? 0xffff : sum, 40); // 0 would say that there is none (RFC 768)
	return frame;
}

/** @returns the whole datagram, or undefined for any other frame, a fragment or a broken one */
export function parseUdp(frame: Buffer): Datagram | undefined {
	if (frame.length < ETHERNET_BYTES + IPV4_BYTES + UDP_BYTES || frame.readUInt16BE(12) !== ETHER_TYPE_IPV4)
		return undefined;
	const header = (frame[14] & 0x0f) * 4;
	const fragment = frame.readUInt16BE(20) & 0x3fff; // more fragments, or not the first
	if (frame[14] >> 4 !== 4 || header < IPV4_BYTES || frame[23] !== PROTOCOL_UDP || fragment !== 0) return undefined;
	const start = ETHERNET_BYTES + header;
	const end = ETHERNET_BYTES + frame.readUInt16BE(16);
	if (end > frame.length || start + UDP_BYTES > end) return undefined;
	const length = frame.readUInt16BE(start + 4);
	if (length < UDP_BYTES || start + length > end || checksum(frame, ETHERNET_BYTES, start, 0) !== 0) return undefined;
	if (header === IPV4_BYTES && frame.readUInt16BE(start + 6) !== 0 && udpChecksum(frame, start + length) !== 0)
		return undefined;
	return {
		sourcePort: frame.readUInt16BE(start),
		destinationPort: frame.readUInt16BE(start + 2),
		payload: frame.subarray(start + UDP_BYTES, start + length),
	};
}

// Over the pseudo header, which is both addresses, the protocol and the length, and the datagram.
function udpChecksum(frame: Buffer, end: number): number {
	return checksum(frame, 26, end, PROTOCOL_UDP + frame.readUInt16BE(38));
}

/** The Internet checksum (RFC 1071) over frame[start, end), begun with `sum`. */
function checksum(frame: Buffer, start: number, end: number, sum: number): number {
	let at = start;
	for (; at + 1 < end; at += 2) sum += frame.readUInt16BE(at);
	if (at < end) sum += frame[at] * 0x100;
	while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
	return 0xffff - sum;
}

function writeMac(frame: Buffer, offset: number, endpoint: number): void {
	frame.set(MAC_PREFIX, offset);
	frame[offset + MAC_PREFIX.length] = endpoint;
}

function writeAddress(frame: Buffer, offset: number, endpoint: number): void {
	frame.set(NETWORK, offset);
	frame[offset + NETWORK.length] = endpoint;
}
