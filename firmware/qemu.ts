/** The firmware of the emulated board: one node over the board's drivers. */
import { statusName } from "../core/journal/status";
import { PROFILE_M } from "../core/limits";
import { Replica } from "../core/replica/replica";
import { print, setTurn } from "../platform/qemu/board";
import { BoardClock } from "../platform/qemu/clock";
import { BoardEntropy } from "../platform/qemu/entropy";
import { BoardFlash } from "../platform/qemu/flash";
import { BoardGauges } from "../platform/qemu/gauges";
import { BoardNetwork } from "../platform/qemu/network";
import { ConsoleTrace } from "./events";

/** UDP port of every board; the switch maps it to one of the host's. */
const PORT = 7000;

export default function main(): void {
	const ports = {
		network: new BoardNetwork(PORT),
		flash: new BoardFlash(),
		clock: new BoardClock(),
		entropy: new BoardEntropy(),
		trace: new ConsoleTrace(print),
		gauges: new BoardGauges(),
	};
	const replica = new Replica(ports, PROFILE_M);
	const { journal } = replica;
	if (replica.member === null) print(`journal: ${statusName(journal.status)}; this board answers its status only`);
	else
		print(
			`node ${journal.id}.${journal.incarnation}, boot ${journal.bootEpoch}, term ${journal.term}, log to ${journal.lastIndex}`,
		);
	setTurn(() => replica.turn());
}
