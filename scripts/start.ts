/** `npm start`: builds the firmware, boots five boards, waits for their leader, and shows what they do until Ctrl-C. */
import { relative, resolve } from "node:path";
import { Command } from "commander";
import { createLogUpdate } from "log-update";
import { buildFirmware, buildProgress } from "./build";
import { checkTools } from "./cluster/board-process";
import type { Cluster } from "./cluster/cluster";
import { CLUSTER_FOLDER } from "./cluster/state";
import { MEMBERS, startLocalCluster } from "./local-cluster";
import { onEnding } from "./story/ending";
import { waitFor } from "./story/expect";
import { lineOf } from "./story/failure";
import { closingLine, leaderOf, screen, statusLine, summary, whatToType } from "./story/screen";
import { seconds } from "./story/steps";
import { UnusableFlash } from "./story/unusable-flash";
import { usageError } from "./story/usage";
import { timeOfDay, Watch } from "./story/watch";

const LEADER_MS = 30_000;
/** At most ten pictures a second. */
const FRAME_MS = 100;
const STATUS_LINE_MS = 5000;
const GOODBYE = "The boards have ended.";

const { stdout } = process;
const isTerminal = stdout.isTTY === true;
const watch = new Watch(MEMBERS);
const draw = createLogUpdate(stdout);
let cluster: Cluster | undefined;
let timer: NodeJS.Timeout | undefined;
let isEnding = false;

function say(line: string): void {
	if (isTerminal) draw(line);
	else console.log(line);
}

function showScreen(): void {
	const size = { columns: stdout.columns, rows: stdout.rows, hasColors: stdout.hasColors() };
	let isNew = true;
	watch.onChange = () => (isNew = true);
	stdout.on("resize", () => (isNew = true));
	timer = setInterval(() => {
		watch.look();
		if (!isNew) return;
		isNew = false;
		Object.assign(size, { columns: stdout.columns, rows: stdout.rows });
		draw(screen({ members: watch.members, events: watch.events, folder: shownFolder }, size).join("\n"));
	}, FRAME_MS);
}

function showLines(): void {
	for (const line of [...whatToType(leaderOf(watch.members)?.id ?? MEMBERS[0]), closingLine(shownFolder)])
		console.log(line);
	let lastMs = performance.now();
	timer = setInterval(() => {
		watch.look();
		if (performance.now() - lastMs < STATUS_LINE_MS) return;
		lastMs = performance.now();
		console.log(`${timeOfDay()}  ${statusLine(watch.members)}`);
	}, FRAME_MS);
}

async function start(): Promise<void> {
	const startMs = performance.now();
	if (!isTerminal) watch.onEvent = (line) => console.log(line);
	checkTools();
	const unusable = new UnusableFlash();
	say("Building the firmware of the boards …");
	const firmware = await buildFirmware(buildProgress);
	say("Booting five boards …");
	cluster = await startLocalCluster(firmware, {
		folder,
		say: (id, text, console) => {
			if (console) unusable.hear(id, text);
			watch.hear(id, text, console);
		},
	});
	await watch.begin(cluster);
	say("Waiting for a leader …");
	await waitFor(
		"a leader",
		LEADER_MS,
		() => {
			unusable.check(MEMBERS.length, shownFolder);
			return watch.members;
		},
		(members) => leaderOf(members) !== undefined,
		(members) => `${summary(members)} ${watch.events.at(-1) ?? ""}`,
	);
	if (isTerminal) showScreen();
	else {
		console.log(`Ready after ${seconds(performance.now() - startMs)}: ${summary(watch.members)}`);
		showLines();
	}
}

async function end(code: number, line: string): Promise<void> {
	if (isEnding) return;
	isEnding = true;
	clearInterval(timer);
	watch.end();
	watch.onEvent = () => {};
	watch.onChange = () => {};
	await cluster?.stop();
	if (isTerminal) draw.done();
	if (code === 0) console.log(line);
	else console.error(line);
	process.exit(code);
}

const { folder } = new Command("npm start --")
	.exitOverride(usageError)
	.description("Boots five emulated boards as one cluster and shows what they do, until Ctrl-C.")
	.option(
		"--folder <dir>",
		"keeps what the boards hold for the next start; remove it to begin anew. `balsa` finds a cluster in another folder by BALSA_STATE=DIR/state.json",
		CLUSTER_FOLDER,
	)
	.parse()
	.opts<{ folder: string }>();

const shownFolder = relative(process.cwd(), resolve(folder)) || ".";

onEnding(() => void end(0, GOODBYE));
// Whoever read the output is gone, and with it whoever would press Ctrl-C.
stdout.on("error", () => void end(0, GOODBYE));
start().catch((error: Error) => void end(1, `npm start: ${lineOf(error)}`));
