/** What a witness has and is sent in a test's cluster: the naive twin of core/replica/withheld.ts. */
import {
	ENTRY_COMMAND,
	ENTRY_HEADER_BYTES,
	ENTRY_WITHHELD,
	entryLength,
	entryTerm,
	entryType,
	writeEntryHeader,
} from "../../../core/entry";
import { hashOf, type Member } from "./member";

/** What stands for a command that a witness was not sent. */
export const WITHHELD = "?";

/** @returns true if the one is the other, or stands for it at a witness */
export function isSameEntry(text: string, whole: string): boolean {
	if (text === whole) return true;
	const [term, payload] = whole.split(/:(.*)/s);
	return text === `${term}:${WITHHELD}` && payload !== "noop" && !payload.startsWith("{");
}

/** What a witness keeps of a snapshot: who the members are, and where it was. */
export function withheldState(index: number, configuration: Uint8Array): Uint8Array<ArrayBuffer> {
	return new Uint8Array(Buffer.from(`?${index} ${Buffer.from(configuration).toString("hex")}`));
}

/** All that was applied up to a member's snapshot: a witness does not know what it was. */
export function stateOf({ isWitness, snapshot }: Member): string[] {
	if (isWitness) return new Array<string>(snapshot.index).fill(WITHHELD);
	return JSON.parse(Buffer.from(snapshot.bytes).toString());
}

/** The member has another snapshot: says what a witness is sent of it. */
export function nameWithheld({ raft, snapshot }: Member): void {
	const bytes = withheldState(snapshot.index, snapshot.configuration);
	raft.snapshot.withheldSize = bytes.length;
	raft.snapshot.withheldHash = hashOf(bytes);
}

/** @returns the entries as a witness is sent them: the naive twin of core/replica/withheld.ts */
export function withheldEntries(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
	const parts: Uint8Array[] = [];
	for (let at = 0; at < bytes.length; ) {
		const size = ENTRY_HEADER_BYTES + entryLength(bytes, at);
		const entry = bytes.slice(at, at + size);
		if (entryType(entry, 0) !== ENTRY_COMMAND) parts.push(entry);
		else {
			const header = new Uint8Array(ENTRY_HEADER_BYTES);
			writeEntryHeader(header, 0, ENTRY_WITHHELD, 0, entryTerm(entry, 0));
			parts.push(header);
		}
		at += size;
	}
	return Uint8Array.from(parts.flatMap((part) => [...part]));
}
