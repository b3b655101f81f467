/*
 * LAN9118 (SMSC data sheet, chapter 5). Frames are moved by the processor. The controller holds seven long
 * ones, which is little when a turn of the script takes some milliseconds, so its interrupt takes them into
 * memory as they come, without those that nobody wants (datagramIsWanted). The loop hands them to lwIP.
 */
#include "ethernet.h"

#include "board.h"
#include "registers.h"

#include "lwip/etharp.h"
#include "lwip/pbuf.h"

enum {
	RX_DATA = 0x00,
	TX_DATA = 0x20,
	RX_STATUS = 0x40,
	TX_STATUS = 0x48,
	IRQ_CFG = 0x54,
	INT_STS = 0x58,
	INT_EN = 0x5c,
	BYTE_TEST = 0x64,
	FIFO_INT = 0x68,
	RX_CFG = 0x6c,
	TX_CFG = 0x70,
	HW_CFG = 0x74,
	RX_FIFO_INF = 0x7c,
	TX_FIFO_INF = 0x80,
	MAC_COMMAND = 0xa4,
	MAC_DATA = 0xa8,
	AFC_CFG = 0xac,
};
enum { MAC_CONTROL = 1, MAC_ADDRESS_HIGH = 2, MAC_ADDRESS_LOW = 3 };
enum { FRAME_BYTES_MAX = 1518, FRAME_BYTES_MIN = 14, CHECKSUM_BYTES = 4, INTERRUPT_RX_STATUS = 8, TRIES = 100000 };
/* Frames in memory; more at once than the interrupt takes wait for the loop, or a flood would stop it. */
enum { ARRIVED_MAX = 16, AT_ONCE = 8, ROUNDS = 4 };

#define ETHERNET(offset) REGISTER(LAN9118 + (offset))

enum { FRAME_WORDS = (FRAME_BYTES_MAX + 3) / 4 + 1 };
static uint32_t frame[FRAME_WORDS]; /* on its way out */
static struct {
	uint32_t bytes;
	uint32_t words[FRAME_WORDS];
} arrived[ARRIVED_MAX];
static volatile unsigned put, handed;

static void macWait(void)
{
	for (int i = 0; i < TRIES && ETHERNET(MAC_COMMAND) & 0x80000000u; i++)
		;
}
static uint32_t macRead(uint32_t index)
{
	ETHERNET(MAC_COMMAND) = 0xc0000000u | index;
	macWait();
	return ETHERNET(MAC_DATA);
}
static void macWrite(uint32_t index, uint32_t value)
{
	ETHERNET(MAC_DATA) = value;
	ETHERNET(MAC_COMMAND) = 0x80000000u | index;
	macWait();
}

static err_t send(struct netif* interface, struct pbuf* buffer)
{
	uint32_t bytes = buffer->tot_len - ETH_PAD_SIZE, words = (bytes + 3) / 4;
	(void)interface;
	if (bytes > FRAME_BYTES_MAX) return ERR_BUF;
	if ((ETHERNET(TX_FIFO_INF) & 0xffff) < bytes + 16) return ERR_MEM;
	while (ETHERNET(TX_FIFO_INF) & 0x00ff0000) (void)ETHERNET(TX_STATUS);
	pbuf_copy_partial(buffer, frame, (u16_t)bytes, ETH_PAD_SIZE);
	ETHERNET(TX_DATA) = 0x00003000u | bytes; /* command A: first and last segment */
	ETHERNET(TX_DATA) = bytes;               /* command B */
	for (uint32_t i = 0; i < words; i++) ETHERNET(TX_DATA) = frame[i];
	networkCounters.framesSent++;
	return ERR_OK;
}

static int framesWait(void) { return (ETHERNET(RX_FIFO_INF) & 0x00ff0000) != 0; }

err_t ethernetInitialize(struct netif* interface)
{
	for (int i = 0; i < TRIES && ETHERNET(BYTE_TEST) != 0x87654321u; i++)
		;
	if (ETHERNET(BYTE_TEST) != 0x87654321u) return ERR_IF;
	ETHERNET(HW_CFG) = 1; /* reset */
	for (int i = 0; i < TRIES && ETHERNET(HW_CFG) & 1; i++)
		;
	ETHERNET(HW_CFG) = 0x00050000; /* 5 KiB for the transmitter, and a bit that must be one */
	ETHERNET(AFC_CFG) = 0x006e3740;
	uint32_t high = macRead(MAC_ADDRESS_HIGH), low = macRead(MAC_ADDRESS_LOW);
	interface->hwaddr_len = 6;
	for (int i = 0; i < 6; i++) interface->hwaddr[i] = (u8_t)(i < 4 ? low >> 8 * i : high >> 8 * (i - 4));
	interface->mtu = 1500;
	interface->name[0] = 'e';
	interface->name[1] = 'n';
	interface->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_LINK_UP;
	interface->output = etharp_output;
	interface->linkoutput = send;
	ETHERNET(INT_EN) = INTERRUPT_RX_STATUS;
	ETHERNET(INT_STS) = 0xffffffff;
	ETHERNET(FIFO_INT) = 0;
	ETHERNET(IRQ_CFG) = 0x111;                /* on, active high, push-pull */
	macWrite(MAC_CONTROL, 0x0010000c);        /* full duplex, transmitter and receiver on */
	ETHERNET(TX_CFG) = 2;
	ETHERNET(RX_CFG) = 0;
	/* Until IRQ_CFG is set the line is active low: enabled before, it never falls silent. */
	REGISTER(NVIC_CLEAR_PENDING) = 1u << LAN9118_INTERRUPT;
	REGISTER(NVIC_ENABLE) = 1u << LAN9118_INTERRUPT;
	return ERR_OK;
}

static void takeFrame(void)
{
	uint32_t status = ETHERNET(RX_STATUS), bytes = status >> 16 & 0x3fff, words = (bytes + 3) / 4, i = 0;
	int fits = !(status & 0x8000) && bytes >= FRAME_BYTES_MIN + CHECKSUM_BYTES && bytes <= FRAME_BYTES_MAX;
	networkCounters.framesReceived++;
	if (fits && put - handed < ARRIVED_MAX) {
		uint32_t* target = arrived[put % ARRIVED_MAX].words;
		for (; i < words; i++) target[i] = ETHERNET(RX_DATA);
		arrived[put % ARRIVED_MAX].bytes = bytes - CHECKSUM_BYTES;
		if (datagramIsWanted((const uint8_t*)target, bytes - CHECKSUM_BYTES)) put++;
		return;
	}
	for (; i < words; i++) (void)ETHERNET(RX_DATA);
	countDrop(&networkCounters.droppedReceiving);
}

void networkInterrupt(void)
{
	ETHERNET(INT_STS) = 0xffffffff;
	for (int i = 0; i < AT_ONCE && framesWait(); i++) takeFrame();
	/* Said each time: this also runs when what was pending has been taken already. */
	ETHERNET(INT_EN) = framesWait() ? 0 : INTERRUPT_RX_STATUS;
}

int ethernetHasFrames(void) { return put != handed || framesWait(); }

static void handOver(struct netif* interface, const void* bytes, uint32_t count)
{
	struct pbuf* buffer = pbuf_alloc(PBUF_RAW, (u16_t)(count + ETH_PAD_SIZE), PBUF_POOL);
	if (!buffer) {
		countDrop(&networkCounters.droppedReceiving);
		return;
	}
	pbuf_remove_header(buffer, ETH_PAD_SIZE);
	pbuf_take(buffer, bytes, (u16_t)count);
	pbuf_add_header(buffer, ETH_PAD_SIZE);
	if (interface->input(buffer, interface) != ERR_OK) pbuf_free(buffer);
}

void ethernetPoll(struct netif* interface)
{
	for (int round = 0; round < ROUNDS && ethernetHasFrames(); round++) {
		for (; handed != put; handed++)
			handOver(interface, arrived[handed % ARRIVED_MAX].words, arrived[handed % ARRIVED_MAX].bytes);
		uint32_t mask = interruptsMask();
		networkInterrupt();
		interruptsRestore(mask);
	}
}
