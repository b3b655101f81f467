/** Mistakes about operations of the flash that a power cut left between two states: decision 14. */
import type { Mutant } from "./mutant";

const HARD_STATE = "core/journal/hard-state.ts";
const LOG = "core/journal/log.ts";
const OPEN = "core/journal/open.ts";
const RECOVERY = "core/journal/recovery.ts";
const RING = "core/journal/ring.ts";
const SLOTS = "core/journal/snapshot-slots.ts";

export const CUT_MUTANTS: readonly Mutant[] = [
	{
		id: "114",
		name: "a sector of the log that reads as blank is taken for erased",
		oracle: "S3",
		why: "its erase may have been cut off: what is programmed there fades",
		edits: [
			{
				file: RING,
				find: "		this.medium.erase(this.placeOf(this.headSequence + 1 + this.erased), REGION_LOG);\n",
				replace: `		const place = this.placeOf(this.headSequence + 1 + this.erased);
		if (!this.medium.isBlank(place, this.medium.sectorSize)) this.medium.erase(place, REGION_LOG);
`,
			},
		],
	},
	{
		id: "114b",
		name: "a sector of the hard state that reads as blank is taken for erased",
		oracle: "S3",
		why: "as 114: a vote that stands there fades",
		edits: [
			{
				file: HARD_STATE,
				find: "		this.medium.erase(copy.place + (run % 2) * this.medium.sectorSize, REGION_HARD_STATE);\n",
				replace: `		const place = copy.place + (run % 2) * this.medium.sectorSize;
		if (!this.medium.isBlank(place, this.medium.sectorSize)) this.medium.erase(place, REGION_HARD_STATE);
`,
			},
		],
	},
	{
		id: "114c",
		name: "a sector of a snapshot slot that reads as blank is taken for erased",
		oracle: "S3",
		why: "as 114: a snapshot that stands there fades, and the log that it covers is gone",
		edits: [
			{
				file: SLOTS,
				find: "			if (this.erased[this.writing * this.sectors + number] === 1) continue;\n",
				replace: "			if (this.medium.isBlank(this.placeOf(this.writing) + number * size, size)) continue;\n",
			},
		],
	},
	{
		id: "114d",
		name: "format takes for erased what reads as blank",
		oracle: "S3",
		why: "a format that was cut off in an erase is begun again, and writes to that sector",
		edits: [
			{
				file: "core/journal/superblock.ts",
				find: "			medium.erase(copy * medium.sectorSize, REGION_FORMAT);\n",
				replace:
					"			if (!medium.isBlank(copy * medium.sectorSize, medium.sectorSize)) medium.erase(copy * medium.sectorSize, REGION_FORMAT);\n",
			},
		],
	},
	{
		id: "114e",
		name: "a boot goes on behind the last record where the flash reads as blank",
		oracle: "S3",
		why: "a program may have been cut off there and have left no trace yet: what is programmed over it fades",
		edits: [
			{
				file: LOG,
				find: "		this.room = -1;\n",
				replace: `		const rest = this.sectorSize - this.headOffset;
		if (!this.medium.isBlank(this.placeAt(this.headOffset), rest)) this.room = -1;
`,
			},
		],
	},
	{
		id: "114f",
		name: "a boot takes the hard state's next slot where the flash reads as blank",
		oracle: "S3",
		why: "as 114e: the write that was cut off there shows through",
		edits: [{ file: HARD_STATE, find: "		this.sequence++;\n		// A slot", replace: "		// A slot" }],
	},
	{
		id: "114g",
		name: "a record without a trailer is taken in",
		oracle: "S3",
		why: "its own program may have been cut off: the node acknowledges it, and it fades",
		edits: [
			{
				file: RECOVERY,
				find: "			if (isEnd && isWhole) {",
				replace: "			if (isEnd && isWhole && rest < 0) {",
			},
			{ file: RECOVERY, find: "			if (isEnd) {", replace: "			if (isEnd && !isWhole) {" },
		],
	},
	{
		id: "114h",
		name: "a boot does not say where it found the end of the log",
		oracle: "S3",
		why: "a record whose trailer was cut off is acknowledged, and dropped when the trailer reads as blank",
		edits: [
			{
				file: OPEN,
				find: "hardState.countBoot(headSequence, log.headOffset, log.chain, snap",
				replace: "hardState.countBoot(hardState.logSector, hardState.logOffset, hardState.logChain, snap",
			},
		],
	},
	{
		id: "114i",
		name: "a sector that was opened and holds nothing is the end of the log",
		oracle: "S3",
		why: "its header may have been cut off: it fades, and a sector seems to be lost",
		edits: [
			{
				file: RECOVERY,
				find: "		if (!isEmpty || tail === head",
				replace: "		if (status === READY || !isEmpty || tail === head",
			},
		],
	},
	{
		id: "114j",
		name: "a snapshot counts whose header may have been cut off",
		oracle: "S3",
		why: "the elder one is erased for the next, and then the header fades",
		edits: [{ file: SLOTS, find: "		if (newest.settled || ", replace: "		if (newest.whole || newest.settled || " }],
	},
	{
		id: "114l",
		name: "a life begins although its format may have been cut off",
		oracle: "S1",
		why: "the superblock fades, and with it who the node is that has voted",
		edits: [
			{
				file: OPEN,
				find: "	if (!superblock.isSettled && hardState.bootEpoch === 0) return SUPERBLOCK_DAMAGED;\n",
				replace: "",
			},
		],
	},
	{
		id: "114m",
		name: "a snapshot that one boot left out counts for the next",
		oracle: "S4",
		why: "the unit behind its header reads as blank once and as programmed later: the node's state goes to and fro",
		edits: [
			{
				file: SLOTS,
				find: "			if (found.sequence > known && found.sequence < next) found.finished = false;\n",
				replace: "			if (found.sequence > known && found.sequence < known) found.finished = false;\n",
			},
		],
	},
	{
		id: "114k",
		name: "what a slot of the hard state says is read again after its checksum was right",
		oracle: "S1",
		why: "cells that have not settled may say something else the second time",
		edits: [
			{
				file: HARD_STATE,
				find: "			if (sequence >= this.sequence) this.take(view);\n",
				replace: `			if (sequence >= this.sequence) {
				medium.load(place, SLOT_BYTES);
				this.take(view);
			}
`,
			},
		],
	},
];
