/** The smallest firmware: says hello, and what it took. */
import { CHUNK_BYTES_USED, counter, print, SLOTS_USED } from "../../../platform/qemu/board";

class Greeter {
	name: string;
	constructor(name: string) {
		this.name = name;
	}
	greet(): void {
		print(`hello ${this.name}: ${counter(SLOTS_USED)} slots, ${counter(CHUNK_BYTES_USED)} chunk bytes`);
	}
}

export default function main(): void {
	new Greeter("board").greet();
}
