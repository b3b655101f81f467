/* The LAN9118 Ethernet controller as an lwIP network interface. */
#ifndef BALSA_ETHERNET_H
#define BALSA_ETHERNET_H

#include "lwip/netif.h"

err_t ethernetInitialize(struct netif* interface);
/* Hands every frame that came in to lwIP. */
void ethernetPoll(struct netif* interface);
/* Unmasks the controller's interrupt; returns true if a frame came in before. */
int ethernetArm(void);

#endif
