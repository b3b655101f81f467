/* lwIP without a system: IPv4, ARP, ICMP and UDP, one socket. */
#ifndef BALSA_LWIPOPTS_H
#define BALSA_LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_IPV4 1
#define LWIP_IPV6 0
#define LWIP_ARP 1
#define LWIP_ICMP 1
#define LWIP_UDP 1
#define LWIP_TCP 0
#define LWIP_RAW 0
#define LWIP_DHCP 0
#define LWIP_DNS 0
#define LWIP_IGMP 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define LWIP_STATS 0
#define MEM_ALIGNMENT 4
#define MEM_SIZE (8 * 1024)
/* Frames that wait in our queue, and some that pass through. */
#define PBUF_POOL_SIZE 24
#define PBUF_POOL_BUFSIZE 1536
#define MEMP_NUM_UDP_PCB 1
/* Datagrams are never fragmented (core/ports.ts). */
#define IP_REASSEMBLY 0
#define IP_FRAG 0
#define LWIP_NETIF_TX_SINGLE_PBUF 1
#define ETH_PAD_SIZE 2
#define ARP_TABLE_SIZE 32
#define LWIP_NO_STDINT_H 0

#endif
