/** What outsiders did to five real boards: old datagrams sent again, a narrow path, exchanged addresses, a replacement at the wrong time. */
import assert from "node:assert/strict";
import { buildFirmware } from "../../scripts/build";
import { MEMBERS } from "../../scripts/local-cluster";
import { Boards, ELECTION_TIMEOUT_MS } from "../../scripts/story/boards";
import { balsa } from "../../scripts/story/command";
import { waitFor } from "../../scripts/story/expect";
import { Flooder } from "../../scripts/story/flooder";
import { recordDatagrams } from "../../scripts/story/recorded";
import { openWriters, sum, type Writer, writeAll } from "../../scripts/story/writer";

/** Within so many a leader must be there again, whatever was done. */
const LEADER_MS = 10 * ELECTION_TIMEOUT_MS;
const WRITERS = 4;
const KEYS_OF_A_WRITER = 12;
const RECORD_MS = 2000;
const REPLAYED = 100_000;
const REPLAYED_PER_SECOND = 2000;
/** An IPv4 packet with a datagram of 572 bytes. */
const PATH_BYTES = 600;
const WRITES_OF_A_LOG = 150;
const TIMES_TOO_LATE = 5;
/** More than there are between two snapshots (core/limits.ts). */
const WRITES_OF_A_SNAPSHOT = 1100;

describe("boards", function () {
	this.timeout(240_000);
	let firmware: string;
	let boards: Boards;
	let writers: Writer[] = [];
	before(async () => {
		firmware = await buildFirmware(() => {});
	});
	beforeEach(async () => {
		boards = await Boards.start({ firmware, name: "outsiders" });
		await boards.leader(MEMBERS);
		writers = await openWriters(() => boards.open(), "o", WRITERS, KEYS_OF_A_WRITER);
	});
	afterEach(async () => {
		for (const writer of writers) writer.abandon();
		await boards.remove();
	});

	const acknowledged = () => sum(writers, (writer) => writer.acknowledged);

	/** All boards follow one leader, all writers are answered, and all states are the same. */
	async function expectWell(ids: readonly number[] = MEMBERS): Promise<void> {
		await boards.leader(ids, 1, LEADER_MS);
		const before = writers.map((writer) => writer.acknowledged);
		await waitFor(
			"every client to be answered",
			LEADER_MS,
			() => writers.map((writer) => writer.acknowledged),
			(seen) => seen.every((count, at) => count > before[at]),
			String,
		);
		for (const writer of writers) writer.stop();
	}

	async function readBack(ids: readonly number[] = MEMBERS): Promise<void> {
		const client = await boards.open();
		for (const writer of writers) await writer.check(client);
		client.destroy();
		await boards.settle(ids);
	}

	it("attack 1: recorded datagrams of members, sent again from elsewhere while clients write, part nobody", async () => {
		const flooder = await Flooder.start();
		try {
			const writing = Promise.all(writers.map((writer) => writer.run()));
			const recorded = (await recordDatagrams(boards, RECORD_MS)).filter(({ isOfMember }) => isOfMember);
			const targets = boards.cluster.state().members.map(({ id, port }) => ({
				port,
				datagrams: recorded.filter(({ receiver }) => receiver === id).map(({ bytes }) => bytes),
			}));
			const limit = REPLAYED / targets.length;
			const before = acknowledged();
			const sent = await flooder.run({ perSecond: REPLAYED_PER_SECOND, targets, limit, isShuffled: true });
			assert.equal(sent, REPLAYED);
			assert.ok(acknowledged() > before, "writes are acknowledged meanwhile");
			await expectWell();
			await writing;
			await readBack();
		} finally {
			flooder.close();
		}
	});

	it("F2: a board behind a path of 600 bytes catches up by log and by snapshot, leads, and is a voter to count on", async () => {
		const { cluster, consoles } = boards;
		await cluster.request({ command: "net", action: "mtu", id: 3, bytes: PATH_BYTES });
		await cluster.request({ command: "node", action: "kill", id: 3 });
		await writeAll(writers, WRITES_OF_A_LOG);
		await cluster.request({ command: "node", action: "start", id: 3 });
		await boards.settle(MEMBERS);
		await writeAll(writers, WRITES_OF_A_SNAPSHOT);
		await balsa(boards, "node", "renew", "3");
		await balsa(boards, "member", "replace", "3", "3");
		assert.ok(consoles.snapshotsInstalled > 0, "a snapshot was taken in");
		await boards.settle(MEMBERS);
		const { id: leader } = await boards.elected();
		await cluster.request({ command: "node", action: "kill", id: leader });
		await boards.leader(boards.alive, 1, LEADER_MS);
		const other = boards.alive.find((id) => id !== 3) as number;
		await cluster.request({ command: "node", action: "kill", id: other });
		// Three of five are left, board 3 among them: nothing is committed without it.
		await boards.leader(boards.alive, 1, LEADER_MS);
		await writeAll(writers, WRITES_OF_A_LOG);
		await balsa(boards, "transfer", "3");
		await writeAll(writers, WRITES_OF_A_LOG);
		for (const id of [leader, other]) await cluster.request({ command: "node", action: "start", id });
		await readBack();
	});

	it("F3: two boards find their places again when their addresses are exchanged under load, awake or over a power cut", async () => {
		const { cluster } = boards;
		const writing = Promise.all(writers.map((writer) => writer.run()));
		const { id: leader } = await boards.elected();
		const [one, two] = MEMBERS.filter((id) => id !== leader);
		await cluster.request({ command: "net", action: "swap", id: leader, other: one });
		await boards.leader(MEMBERS, 1, LEADER_MS);
		for (const id of [one, two]) await cluster.request({ command: "node", action: "kill", id });
		await cluster.request({ command: "net", action: "swap", id: one, other: two });
		for (const id of [one, two]) await cluster.request({ command: "node", action: "start", id });
		await expectWell();
		await writing;
		await readBack();
	});

	it("F1: a replacement that would cost the live majority is refused by name, and the live majority still leads", async () => {
		const { cluster } = boards;
		await balsa(boards, "node", "add", "6");
		boards.client.learn(cluster.member(6).record);
		await balsa(boards, "member", "add", "6", "--learner");
		const { id: leader } = await boards.elected(MEMBERS);
		const [live, ...dead] = MEMBERS.filter((id) => id !== leader).slice(0, 3);
		await writeAll(writers, WRITES_OF_A_LOG);
		for (const id of dead) await cluster.request({ command: "node", action: "kill", id });
		await assert.rejects(balsa(boards, "member", "remove", `${live}`), /QUORUM_AT_RISK/);
		// The newcomer has all that there is, and loses its power as it takes the place of one that lives.
		await assert.rejects(async () => {
			for (let time = 0; time < TIMES_TOO_LATE; time++) {
				if (cluster.member(6).state === "off") await cluster.request({ command: "node", action: "start", id: 6 });
				await boards.settle([...MEMBERS, 6].filter((id) => !dead.includes(id)));
				await cluster.request({ command: "node", action: "kill", id: 6 });
				const words = ["member", "replace", `${live}`, "6.1", "--address", "10.77.0.6:7000", "--timeout", "5000"];
				// A leader that has missed the newcomer for long enough says so in place of what is asked here.
				await balsa(boards, ...words).catch((error: Error) => {
					if (!error.message.includes("NOT_CAUGHT_UP")) throw error;
				});
			}
		}, /QUORUM_AT_RISK/);
		await boards.leader(boards.alive, 1, LEADER_MS);
		await writeAll(writers, WRITES_OF_A_LOG);
		await readBack(boards.alive);
	});
});
