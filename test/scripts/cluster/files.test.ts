import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BoundedLog } from "../../../scripts/cluster/bounded-log";
import {
	ensureFlash,
	FLASH_FILE_BYTES,
	PARTITION_BYTES,
	writeEraseTime,
	writeSeed,
} from "../../../scripts/cluster/flash-file";
import { ensureIdentity } from "../../../scripts/cluster/identity";
import { readState, statePath } from "../../../scripts/cluster/state";

describe("cluster: files", () => {
	let folder: string;
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "bf-"));
	});
	afterEach(() => rmSync(folder, { recursive: true, force: true }));

	it("makes a flash of exactly 16 MiB, with its content at the start and a blank rest of the partition", () => {
		const path = join(folder, "1.flash");
		ensureFlash(path, () => new Uint8Array([1, 2, 3]));
		const bytes = readFileSync(path);
		assert.equal(bytes.length, FLASH_FILE_BYTES);
		assert.deepEqual(bytes.subarray(0, 4), Buffer.from([1, 2, 3, 0xff]));
		assert.ok(bytes.subarray(3, PARTITION_BYTES).every((byte) => byte === 0xff));
		assert.equal(bytes[PARTITION_BYTES], 0);
		assert.ok(statSync(path).blocks * 512 < 2 * PARTITION_BYTES, "the rest takes no room on the disk");
	});

	it("never writes over a flash that is there", () => {
		const path = join(folder, "1.flash");
		ensureFlash(path, () => new Uint8Array([1]));
		ensureFlash(path, () => assert.fail("formatted twice"));
		assert.equal(readFileSync(path)[0], 1);
	});

	it("refuses a file of another size, and leaves nothing where formatting fails", () => {
		const path = join(folder, "1.flash");
		const failing = () => {
			throw new Error("no");
		};
		assert.throws(() => ensureFlash(path, failing), /no/);
		assert.equal(existsSync(path), false);
		writeFileSync(path, "short");
		assert.throws(() => ensureFlash(path, failing), { code: "BAD_FLASH" });
	});

	it("writes seed and erase time into the board's words, and nothing else", () => {
		const path = join(folder, "1.flash");
		ensureFlash(path, () => new Uint8Array(0));
		const before = readFileSync(path);
		writeEraseTime(path, 400);
		writeSeed(path);
		const first = readFileSync(path);
		const control = FLASH_FILE_BYTES - 4096;
		assert.equal(first.readUInt32LE(control), 400);
		assert.notDeepEqual(first.subarray(control + 16, control + 32), Buffer.alloc(16));
		before.copy(first, control, control, control + 32);
		assert.deepEqual(first, before);
	});

	it("keeps the identity of a folder, and refuses it for other members", () => {
		const first = ensureIdentity(folder, [1, 2, 3]);
		assert.ok(first.clusterHigh >= 0 && first.clusterHigh <= 0xffffffff && Number.isInteger(first.clusterLow));
		assert.deepEqual(ensureIdentity(folder, [1, 2, 3]), first);
		assert.throws(() => ensureIdentity(folder, [1, 2]), { code: "OTHER_CLUSTER" });
		writeFileSync(join(folder, "identity.json"), "{");
		assert.throws(() => ensureIdentity(folder, [1, 2, 3]), { code: "BAD_IDENTITY" });
	});

	it("keeps a log within its bound, the newest lines last", () => {
		const log = new BoundedLog(join(folder, "log"), 1000);
		for (let i = 0; i < 500; i += 1) log.write(Buffer.from(`line ${i}\n`));
		log.write(Buffer.alloc(5000, "x"));
		log.write(Buffer.from("the end\n"));
		const sizes = statSync(log.path).size + statSync(`${log.path}.old`).size;
		assert.ok(sizes <= 1000, `${sizes} bytes`);
		assert.match(readFileSync(log.path, "utf8"), /the end\n$/);
	});

	it("lets a log be lost that the disk does not take", () => {
		const log = new BoundedLog(join(folder, "gone", "log"), 1000);
		log.write(Buffer.from("lost\n"));
		mkdirSync(join(folder, "gone"));
		log.write(Buffer.from("kept\n"));
		assert.equal(readFileSync(log.path, "utf8"), "kept\n");
	});

	it("takes half a state file for none", () => {
		writeFileSync(statePath(folder), '{"clusterHigh": 1');
		assert.equal(readState(folder), undefined);
	});
});
