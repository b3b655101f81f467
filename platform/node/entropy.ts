/** Random numbers of the operating system. */
import { webcrypto } from "node:crypto";
import type { Entropy } from "../../core/ports";

export class NodeEntropy implements Entropy {
	private readonly word = new Uint32Array(1);

	random32(): number {
		return webcrypto.getRandomValues(this.word)[0];
	}
}
