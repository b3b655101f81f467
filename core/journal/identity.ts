/**
 * Who a node is: (id, incarnation) in a cluster. It seeds every checksum of the journal, so that
 * bytes of another node, cluster or earlier life never count.
 */
import { crc32c } from "../bytes";

export interface Identity {
	/** 64 random bits that name the cluster, as two unsigned 32-bit numbers. */
	readonly clusterHigh: number;
	readonly clusterLow: number;
	/** 1 to 255. */
	readonly id: number;
	/** 1 to 65535, one more each time that the node's flash is formatted anew. */
	readonly incarnation: number;
}

/** @returns the CRC that everything of this node is seeded with */
export function identitySeed(identity: Identity): number {
	const bytes = new Uint8Array(12);
	const view = new DataView(bytes.buffer);
	view.setUint32(0, identity.clusterHigh, true);
	view.setUint32(4, identity.clusterLow, true);
	view.setUint16(8, identity.id, true);
	view.setUint16(10, identity.incarnation, true);
	return crc32c(0, bytes, 0, bytes.length);
}
