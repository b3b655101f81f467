/** The firmware of an ESP32. Preloaded into flash: its body runs on the build machine. */
import { Board } from "./esp32/board";

export default function main(): void {
	new Board().start();
}
