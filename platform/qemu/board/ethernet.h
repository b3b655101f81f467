/* The LAN9118 Ethernet controller as an lwIP network interface. */
#ifndef BALSA_ETHERNET_H
#define BALSA_ETHERNET_H

#include "lwip/netif.h"

err_t ethernetInitialize(struct netif* interface);
/* Hands every frame that came in to lwIP. */
void ethernetPoll(struct netif* interface);
/* With interrupts masked: true if a frame came in that was not handed over. */
int ethernetHasFrames(void);

#endif
