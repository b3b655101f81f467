/** The data partition `balsa` of an ESP32's flash. */
import type { Flash } from "../../core/ports";
import { partitionErase, partitionOpen, partitionProgram, partitionRead, partitionSectorSize } from "./natives";

/** As partitions.csv names it. */
const LABEL = "balsa";
/** The longest erase of a 4 KiB sector in the data sheets of the chips on ESP32 modules (W25Q32, GD25Q32). */
const STALL_MS_MAX = 400;

export class DeviceFlash implements Flash {
	readonly size: number;
	readonly sectorSize: number;
	readonly stallMsMax = STALL_MS_MAX;

	constructor() {
		this.size = partitionOpen(LABEL);
		if (this.size === 0) throw new Error("there is no partition named balsa");
		this.sectorSize = partitionSectorSize();
	}

	read(offset: number, target: Uint8Array, targetOffset: number, length: number): void {
		partitionRead(offset, target, targetOffset, length);
	}

	program(offset: number, source: Uint8Array, sourceOffset: number, length: number): void {
		partitionProgram(offset, source, sourceOffset, length);
	}

	erase(offset: number): void {
		partitionErase(offset);
	}
}
