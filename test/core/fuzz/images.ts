/**
 * Images of flash, nearly right: what a chip with a power cut, rot or a programmer's mistake might
 * show. A journal opens or refuses by name; what it refuses stays as it was; what it opened is read to
 * its end, and opens again as the same.
 */
import { crc32c } from "../../../core/bytes";
import { Journal } from "../../../core/journal/journal";
import { READY } from "../../../core/journal/status";
import type { MemoryFlash } from "../../../sim/memory-flash";
import { JournalLife, LIMITS } from "../journal/life";
import type { Random } from "./mutation";
import type { ShapeOutcome } from "./shape";

const LIVES = 12;

/** Flips a bit, or puts something else for one byte or some dozens of bytes: what is programmed if possible. */
function damage(random: Random, bytes: Uint8Array): void {
	for (let damages = random.below(4); damages > 0; damages--) {
		let at = random.below(bytes.length);
		for (let tries = 0; tries < 8 && bytes[at] === 0xff; tries++) at = random.below(bytes.length);
		const end = Math.min(bytes.length, at + (random.below(2) === 0 ? 1 : random.below(80)));
		const what = random.below(4);
		for (; at < end; at++) {
			if (what === 0) bytes[at] ^= 1 << random.below(8);
			else bytes[at] = what === 1 ? 0xff : what === 2 ? 0 : random.below(256);
		}
	}
}

function readAll(journal: Journal): number {
	let digest = 0;
	journal.visitEntries((index, bytes, offset) => {
		digest = crc32c(digest, bytes, offset, 8);
		if (index > journal.lastIndex) throw new Error("an entry behind the last one");
	});
	if (journal.lastIndex > journal.snapshotIndex) {
		const target = new Uint8Array(1024);
		const length = journal.read(journal.snapshotIndex + 1, target, 0, target.length);
		if (length > 0) digest = crc32c(digest, target, 0, length);
	}
	return digest;
}

function opened(flash: MemoryFlash): { journal: Journal; status: number } {
	const journal = new Journal(flash, LIMITS);
	return { journal, status: journal.open() };
}

/** Throws, with the number of the input, when something does not hold. */
export function openImages(inputs: number, random: Random): ShapeOutcome {
	const lives: MemoryFlash[] = [];
	for (let life = 1; life <= LIVES; life++) {
		const one = new JournalLife();
		one.run(life * 17);
		lives.push(one.flash);
	}
	const outcome: ShapeOutcome = { accepted: 0, refused: 0, digest: 0 };
	const answer = new Uint8Array(1);
	for (let i = 0; i < inputs; i++) {
		try {
			const image = lives[random.below(LIVES)].copy();
			damage(random, image.bytes);
			const flash = image.copy();
			const { journal, status } = opened(flash);
			answer[0] = status;
			outcome.digest = crc32c(outcome.digest, answer, 0, 1);
			if (status !== READY) {
				outcome.refused++;
				if (flash.operations !== 0) throw new Error("a journal that does not open was written");
				continue;
			}
			outcome.accepted++;
			const digest = readAll(journal);
			const again = opened(flash.copy());
			const isSame = again.status === READY && again.journal.lastIndex === journal.lastIndex;
			if (!isSame || again.journal.term !== journal.term || readAll(again.journal) !== digest)
				throw new Error("what was opened is another when it is opened again");
		} catch (error) {
			throw new Error(`image ${i}`, { cause: error });
		}
	}
	return outcome;
}
