/*
 * The one UDP socket: bounded queues of lwIP's buffers, filled by the loop and emptied by JavaScript. What
 * the node would drop is dropped here (platform/native/gate.h), and strangers wait behind members and clients.
 */
#include "board.h"
#include "ethernet.h"
#include "registers.h"

#include <string.h>

#include "lwip/init.h"
#include "lwip/timeouts.h"
#include "lwip/udp.h"
#include "netif/ethernet.h"

#include "../../native/gate.h"

enum { KNOWN_MAX = 16, STRANGERS_MAX = 4 };

typedef struct {
	struct pbuf* buffer;
	uint32_t address;
	uint16_t port;
} Datagram;

typedef struct {
	Datagram* slots;
	unsigned capacity, first, count;
} Queue;

NetworkCounters networkCounters;
static struct netif interface;
static struct udp_pcb* socket;
static Datagram knownSlots[KNOWN_MAX], strangerSlots[STRANGERS_MAX];
static Queue known = { knownSlots, KNOWN_MAX, 0, 0 }, strangers = { strangerSlots, STRANGERS_MAX, 0, 0 };
static struct Gate gate;
static uint16_t openPort;

u32_t sys_now(void) { return (u32_t)(boardMicroseconds() / 1000); }

/* The cheapest check first: the head, then the tag over all bytes. */
static int judge(const struct pbuf* buffer)
{
	uint8_t head[GATE_HEAD_BYTES];
	if (gate.heads == 0) return GATE_KNOWN;
	memset(head, 0, sizeof head);
	pbuf_copy_partial(buffer, head, sizeof head, 0);
	int reason = gateHead(&gate, head, buffer->tot_len);
	if (reason < 0) return reason;
	uint32_t crc = gateCrc(&gate, head);
	for (; buffer; buffer = buffer->next) crc = crcUpdate(crc, buffer->payload, buffer->len);
	return gateJudge(&gate, head, crc, sys_now());
}

static uint32_t wordAt(const uint8_t* bytes) { return (uint32_t)bytes[0] << 8 | bytes[1]; }

/* Ethernet, IPv4 without options and UDP take 42 bytes. What is not just that is lwIP's to judge, and then `judge`'s. */
int datagramIsWanted(const uint8_t* frame, uint32_t bytes)
{
	const uint8_t* payload = frame + 42;
	if (gate.heads == 0 || bytes < 42 + GATE_HEAD_BYTES || wordAt(frame + 12) != 0x0800 || frame[14] != 0x45) return 1;
	if (frame[23] != 17 || wordAt(frame + 20) & 0x3fff || wordAt(frame + 36) != openPort) return 1;
	uint32_t length = wordAt(frame + 38) - 8;
	if (length > bytes - 42) return 1;
	int reason = gateHead(&gate, payload, length);
	if (reason == 0 && !gateTagIsGood(crcUpdate(gateCrc(&gate, payload), payload, length))) reason = GATE_TAG;
	if (reason < 0) countDrop(&networkCounters.refused[-reason]);
	return reason == 0;
}

static void received(void* argument, struct udp_pcb* pcb, struct pbuf* buffer, const ip_addr_t* address, u16_t port)
{
	(void)argument;
	(void)pcb;
	int verdict = judge(buffer);
	Queue* queue = verdict == GATE_STRANGER ? &strangers : &known;
	if (verdict < 0) countDrop(&networkCounters.refused[-verdict]);
	else if (verdict == GATE_CROWD || queue->count == queue->capacity) countDrop(&networkCounters.droppedReceiving);
	else {
		Datagram* datagram = &queue->slots[(queue->first + queue->count++) % queue->capacity];
		datagram->buffer = buffer;
		datagram->address = lwip_ntohl(ip4_addr_get_u32(ip_2_ip4(address)));
		datagram->port = port;
		return;
	}
	pbuf_free(buffer);
}

/* 10.77.0.N, where N is the last byte of the MAC address. */
void networkInitialize(void)
{
	ip4_addr_t address, mask, gateway;
	lwip_init();
	IP4_ADDR(&address, 10, 77, 0, 0);
	IP4_ADDR(&mask, 255, 255, 255, 0);
	IP4_ADDR(&gateway, 0, 0, 0, 0);
	if (!netif_add(&interface, &address, &mask, &gateway, NULL, ethernetInitialize, ethernet_input)) {
		boardPrint("ethernet: no controller\n");
		boardRestart();
	}
	IP4_ADDR(&address, 10, 77, 0, interface.hwaddr[5]);
	netif_set_addr(&interface, &address, &mask, &gateway);
	netif_set_default(&interface);
	netif_set_up(&interface);
}

uint32_t networkAddress(void) { return 0x0a4d0000u | interface.hwaddr[5]; }

void networkPoll(void)
{
	ethernetPoll(&interface);
	sys_check_timeouts();
}

int datagramsWait(void) { return known.count > 0 || strangers.count > 0; }

int networkPrepareSleep(void) { return ethernetHasFrames(); }

uint32_t networkSleepMilliseconds(void) { return sys_timeouts_sleeptime(); }

int datagramOpen(uint16_t port)
{
	if (!socket) socket = udp_new();
	if (!socket || udp_bind(socket, IP_ADDR_ANY, port) != ERR_OK) return -1;
	udp_recv(socket, received, NULL);
	openPort = port;
	return 0;
}

int datagramHear(const uint8_t* heads, uint32_t bytes, uint32_t seed, uint32_t memberSeed)
{
	uint32_t mask = interruptsMask();
	int fits = gateHear(&gate, heads, bytes, seed, memberSeed);
	interruptsRestore(mask);
	return fits;
}

uint32_t datagramReceive(uint8_t* target, uint32_t bytes, uint32_t* address, uint16_t* port)
{
	while (datagramsWait()) {
		Queue* queue = known.count > 0 ? &known : &strangers;
		Datagram* datagram = &queue->slots[queue->first];
		struct pbuf* buffer = datagram->buffer;
		uint32_t length = buffer->tot_len;
		int fits = length > 0 && length <= bytes;
		if (fits) pbuf_copy_partial(buffer, target, (u16_t)length, 0);
		*address = datagram->address;
		*port = datagram->port;
		pbuf_free(buffer);
		queue->first = (queue->first + 1) % queue->capacity;
		queue->count--;
		if (fits) {
			networkCounters.datagramsReceived++;
			return length;
		}
		countDrop(&networkCounters.droppedReceiving);
	}
	return 0;
}

void datagramSend(uint32_t address, uint16_t port, const uint8_t* source, uint32_t length)
{
	ip_addr_t to;
	struct pbuf* buffer = NULL;
	ip4_addr_set_u32(ip_2_ip4(&to), lwip_htonl(address));
	if (socket && port != 0 && length <= DATAGRAM_BYTES_MAX) buffer = pbuf_alloc(PBUF_TRANSPORT, (u16_t)length, PBUF_RAM);
	if (!buffer) {
		networkCounters.droppedSending++;
		return;
	}
	pbuf_take(buffer, source, (u16_t)length);
	if (udp_sendto(socket, buffer, &to, port) == ERR_OK) networkCounters.datagramsSent++;
	else networkCounters.droppedSending++;
	pbuf_free(buffer);
}
