/*
 * One UDP socket on lwIP's raw interface. The SDK's own socket allocates an ArrayBuffer, a string
 * and a list node for every datagram and queues without bound; this one copies each datagram into
 * a ring of fixed size and fills the caller's buffer from it. Addresses are numbers. What the node
 * would drop is dropped first (../native/gate.h), and strangers wait in a ring of their own, behind
 * members and clients.
 *
 * Two threads meet here: lwIP's, which calls `received`, and the script's, which calls all else.
 * They share the rings (ring.h), `wakePending` and the counters. The gate is lwIP's alone: the script
 * has it changed there.
 */
#include "xsmc.h"
#include "xsHost.h"
#include "mc.xs.h"

#include "lwip/pbuf.h"
#include "lwip/priv/tcpip_priv.h"
#include "lwip/udp.h"

#include "../native/gate.h"
#include "ring.h"

/* 1,500 - 20 (IPv4) - 8 (UDP): nothing longer is a frame of ours. */
#define DATAGRAM_BYTES 1472U
/* Eight of the longest, or some 150 heartbeats; and two, or some 35. */
#define KNOWN_RING_BYTES 16384U
#define STRANGERS_RING_BYTES 4096U

/* One socket a device; C memory, because a preloaded module's variables lie in flash. */
static struct {
	struct udp_pcb *socket;
	xsMachine *machine;
	xsSlot onReadable;
	struct Ring known, strangers;
	struct Gate gate;
	uint8_t wakePending;
	uint32_t dropped;
	uint32_t refused[GATE_REASONS];
	struct RingDatagram last;
} gUDP;

static void countDrop(void)
{
	__atomic_add_fetch(&gUDP.dropped, 1, __ATOMIC_RELAXED);
}

/* On the script's thread. The flag falls first: what comes from here on wakes the script anew. */
static void wake(void *machine, void *refcon, uint8_t *message, uint16_t messageLength)
{
	xsMachine *the = machine;

	(void)refcon;
	(void)message;
	(void)messageLength;
	__atomic_store_n(&gUDP.wakePending, 0, __ATOMIC_SEQ_CST);
	xsBeginHost(the);
		xsCallFunction0(gUDP.onReadable, xsGlobal);
	xsEndHost(the);
}

/* The cheapest check first: the head, then the tag over all bytes. */
static int judge(const struct pbuf *packet)
{
	uint8_t head[GATE_HEAD_BYTES] = {0};
	uint32_t crc;
	int reason;

	if (0 == gUDP.gate.heads)
		return GATE_KNOWN;
	pbuf_copy_partial(packet, head, sizeof head, 0);
	reason = gateHead(&gUDP.gate, head, packet->tot_len);
	if (reason < 0)
		return reason;
	crc = gateCrc(&gUDP.gate, head);
	for (; NULL != packet; packet = packet->next)
		crc = crcUpdate(crc, packet->payload, packet->len);
	return gateJudge(&gUDP.gate, head, crc, sys_now());
}

/*
 * On lwIP's thread, which must not wait for the script: a full ring drops. Of all datagrams that
 * wait, at most one message stands in the machine's queue of ten.
 */
static void received(void *argument, struct udp_pcb *socket, struct pbuf *packet, const ip_addr_t *address, u16_t port)
{
	struct RingDatagram datagram;
	struct Ring *ring;
	int verdict;

	(void)argument;
	(void)socket;
	datagram.length = packet->tot_len;
	datagram.port = port;
	verdict = judge(packet);
	ring = GATE_STRANGER == verdict ? &gUDP.strangers : &gUDP.known;
	if (verdict < 0) {
		__atomic_add_fetch(&gUDP.refused[-verdict], 1, __ATOMIC_RELAXED);
		pbuf_free(packet);
		return;
	}
	if (GATE_CROWD == verdict || 0 == datagram.length || datagram.length > DATAGRAM_BYTES || !IP_IS_V4(address)
			|| !ringHasRoom(ring, datagram.length)) {
		countDrop();
		pbuf_free(packet);
		return;
	}
	datagram.address = lwip_ntohl(ip_2_ip4(address)->addr);
	ringPutHeader(ring, &datagram);
	uint32_t offset = 0;
	for (struct pbuf *piece = packet; NULL != piece && offset < datagram.length; piece = piece->next) {
		ringPutPiece(ring, offset, piece->payload, piece->len);
		offset += piece->len;
	}
	ringPublish(ring, datagram.length);
	pbuf_free(packet);

	if (0 == __atomic_exchange_n(&gUDP.wakePending, 1, __ATOMIC_SEQ_CST)) {
		if (0 != modMessagePostToMachine(gUDP.machine, NULL, 0, wake, NULL))
			__atomic_store_n(&gUDP.wakePending, 0, __ATOMIC_SEQ_CST);
	}
}

struct OpenCall {
	struct tcpip_api_call_data call;
	uint16_t port;
};

static err_t openOnStack(struct tcpip_api_call_data *data)
{
	struct OpenCall *call = (struct OpenCall *)data;
	struct udp_pcb *socket = udp_new_ip_type(IPADDR_TYPE_V4);

	if (NULL == socket)
		return ERR_MEM;
	err_t error = udp_bind(socket, IP4_ADDR_ANY, call->port);
	if (ERR_OK != error) {
		udp_remove(socket);
		return error;
	}
	gUDP.socket = socket;
	udp_recv(socket, received, NULL);
	return ERR_OK;
}

/* datagramOpen(port, onReadable) */
void xs_balsa_datagramOpen(xsMachine *the)
{
	struct OpenCall call = {0};
	xsIntegerValue port = xsmcToInteger(xsArg(0));

	if (port < 0 || port > 65535)
		xsRangeError("invalid port");
	if (!xsmcIsCallable(xsArg(1)))
		xsTypeError("no callback");
	if (NULL != gUDP.socket)
		xsUnknownError("the socket is open");
	if (NULL == gUDP.known.bytes) {
		uint8_t *bytes = c_malloc(KNOWN_RING_BYTES + STRANGERS_RING_BYTES);
		if (NULL == bytes)
			xsUnknownError("no memory for datagrams");
		ringOpen(&gUDP.known, bytes, KNOWN_RING_BYTES);
		ringOpen(&gUDP.strangers, bytes + KNOWN_RING_BYTES, STRANGERS_RING_BYTES);
	}
	gUDP.machine = the;
	gUDP.onReadable = xsArg(1);
	xsRemember(gUDP.onReadable);

	call.port = (uint16_t)port;
	if (ERR_OK != tcpip_api_call(openOnStack, &call.call)) {
		xsForget(gUDP.onReadable);
		xsUnknownError("the port cannot be bound");
	}
}

struct HearCall {
	struct tcpip_api_call_data call;
	const uint8_t *heads;
	uint32_t bytes;
	uint32_t seed;
	uint32_t memberSeed;
};

static err_t hearOnStack(struct tcpip_api_call_data *data)
{
	struct HearCall *call = (struct HearCall *)data;

	return gateHear(&gUDP.gate, call->heads, call->bytes, call->seed, call->memberSeed) ? ERR_OK : ERR_VAL;
}

/* datagramHear(heads, seed, memberSeed). The script's thread waits, so nothing can move the bytes meanwhile. */
void xs_balsa_datagramHear(xsMachine *the)
{
	struct HearCall call = {0};
	void *heads = NULL;
	xsUnsignedValue size = 0;

	call.seed = xsmcToUnsigned(xsArg(1));
	call.memberSeed = xsmcToUnsigned(xsArg(2));
	(void)xsmcGetBufferReadable(xsArg(0), &heads, &size);
	call.heads = heads;
	call.bytes = size;
	if (ERR_OK != tcpip_api_call(hearOnStack, &call.call))
		xsRangeError("more heads than the driver has room for");
}

/* datagramRefused(reason): since boot; the reason as a positive number */
void xs_balsa_datagramRefused(xsMachine *the)
{
	xsIntegerValue reason = xsmcToInteger(xsArg(0));

	if (reason < 0 || reason >= GATE_REASONS)
		xsRangeError("no reason of a drop");
	xsmcSetNumber(xsResult, (double)__atomic_load_n(&gUDP.refused[reason], __ATOMIC_RELAXED));
}

/* datagramReceive(buffer): bytes of the next datagram that fits, 0 for none */
void xs_balsa_datagramReceive(xsMachine *the)
{
	void *target = NULL;
	xsUnsignedValue size = 0;
	int taken;

	(void)xsmcGetBufferWritable(xsArg(0), &target, &size);
	if (NULL == gUDP.socket) {
		xsmcSetInteger(xsResult, 0);
		return;
	}
	do {
		taken = ringTake(&gUDP.known, &gUDP.last, target, size);
		if (0 == taken)
			taken = ringTake(&gUDP.strangers, &gUDP.last, target, size);
		if (taken < 0)
			countDrop();
	} while (taken < 0);
	xsmcSetInteger(xsResult, 0 == taken ? 0 : gUDP.last.length);
}

/* datagramAddress(): of what datagramReceive returned last */
void xs_balsa_datagramAddress(xsMachine *the)
{
	xsmcSetNumber(xsResult, (double)gUDP.last.address);
}

/* datagramPort() */
void xs_balsa_datagramPort(xsMachine *the)
{
	xsmcSetInteger(xsResult, gUDP.last.port);
}

struct SendCall {
	struct tcpip_api_call_data call;
	const void *data;
	uint32_t address;
	uint16_t port;
	uint16_t length;
};

/* The SDK's udp_sendto_safe writes through a null pointer when the stack is out of memory. */
static err_t sendOnStack(struct tcpip_api_call_data *data)
{
	struct SendCall *call = (struct SendCall *)data;
	struct pbuf *packet = pbuf_alloc(PBUF_TRANSPORT, call->length, PBUF_RAM);
	ip_addr_t address;

	if (NULL == packet)
		return ERR_MEM;
	ip_addr_set_ip4_u32_val(address, lwip_htonl(call->address));
	err_t error = pbuf_take(packet, call->data, call->length);
	if (ERR_OK == error)
		error = udp_sendto(gUDP.socket, packet, &address, call->port);
	pbuf_free(packet);
	return error;
}

/*
 * datagramSend(address, port, buffer, length). The script's thread waits until lwIP has copied the
 * bytes, so nothing can move them meanwhile.
 */
void xs_balsa_datagramSend(xsMachine *the)
{
	struct SendCall call = {0};
	void *source = NULL;
	xsUnsignedValue size = 0;
	uint32_t address = xsmcToUnsigned(xsArg(0));
	xsIntegerValue port = xsmcToInteger(xsArg(1));
	xsIntegerValue length = xsmcToInteger(xsArg(3));

	(void)xsmcGetBufferReadable(xsArg(2), &source, &size);
	if (length < 1 || (uint32_t)length > DATAGRAM_BYTES || (uint32_t)length > size)
		xsRangeError("outside the bytes");
	if (port < 1 || port > 65535)
		xsRangeError("invalid port");
	call.data = source;
	call.address = address;
	call.port = (uint16_t)port;
	call.length = (uint16_t)length;
	if (NULL == gUDP.socket || 0 == port || ERR_OK != tcpip_api_call(sendOnStack, &call.call))
		countDrop();
}

/* datagramsDropped(): received or to be sent, for want of room, memory or a route */
void xs_balsa_datagramsDropped(xsMachine *the)
{
	xsmcSetNumber(xsResult, (double)__atomic_load_n(&gUDP.dropped, __ATOMIC_RELAXED));
}
