/** Random numbers of the emulated board; board/entropy.c says where they come from. */
import type { Entropy } from "../../core/ports";
import { random32 } from "./board";

export class BoardEntropy implements Entropy {
	random32(): number {
		return random32();
	}
}
