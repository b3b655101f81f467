/** A process that appends to a journal in a file as fast as it can and says each index once it is durable. */
import { writeSync } from "node:fs";
import { Journal } from "../../../core/journal/journal";
import { NodeFlash } from "../../../platform/node/flash";
import { append, entry, IDENTITY, LIMITS, writeSnapshot } from "../../core/journal/model";

const flash = new NodeFlash(process.argv[2], { size: 64 * 1024, sectorSize: 1024 });
const journal = new Journal(flash, LIMITS);
if (journal.open(IDENTITY) !== 0) throw new Error("the journal does not open");
for (let index = journal.lastIndex + 1; index < journal.lastIndex + 2 + 1e6; index++) {
	journal.prepare();
	append(journal, index, [entry(1, index, 0, index % 150)]);
	writeSync(1, `${index}\n`);
	if (journal.snapshotDue && index - 1 > journal.snapshotIndex)
		writeSnapshot(journal, index - 1, 1, new Uint8Array(700).fill(index));
}
