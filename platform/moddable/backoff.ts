/**
 * Joins an access point and joins it again for ever: an attempt has a time limit, and each failure
 * doubles the pause before the next, up to a bound. Knows neither timers nor the SDK: whoever owns
 * it calls `step` when the connection changed and when the time that it returned has come.
 */

/** What a station gives: ECMA-419's interface, less what is not needed. */
export interface Radio {
	/** 200 idle, 300 connecting, 400 associated, 500 with an address. */
	readonly connection: number;
	connect(): void;
	disconnect(): void;
}

export const CONNECTED = 500;
export const IDLE = 200;

const ATTEMPT_MS_MAX = 30_000;
const PAUSE_MS_MIN = 1_000;
const PAUSE_MS_MAX = 30_000;
/** While all is well, a look now and then: an event may have been lost. */
const WATCH_MS = 10_000;

const PAUSING = 0;
const ATTEMPTING = 1;
const JOINED = 2;

export class Reconnector {
	/** Failed attempts since the last success, and since boot the times that a joined station was lost. */
	failures = 0;
	losses = 0;
	private readonly radio: Radio;
	private state = PAUSING;
	/** When the attempt or the pause ends. */
	private dueMs = 0;

	constructor(radio: Radio) {
		this.radio = radio;
	}

	get isJoined(): boolean {
		return this.state === JOINED;
	}

	/** @returns milliseconds until the next step at the latest */
	step(nowMs: number): number {
		const connection = this.radio.connection;
		if (connection >= CONNECTED) {
			this.state = JOINED;
			this.failures = 0;
			return WATCH_MS;
		}
		if (this.state === JOINED) {
			this.losses++;
			if (connection > IDLE) this.radio.disconnect();
			this.pause(nowMs, 0);
		}
		if (this.state === ATTEMPTING && (connection <= IDLE || nowMs >= this.dueMs)) {
			if (connection > IDLE) this.radio.disconnect();
			this.pause(nowMs, this.failures++);
		}
		if (this.state === PAUSING && nowMs >= this.dueMs) this.attempt(nowMs);
		return Math.max(1, this.dueMs - nowMs);
	}

	private pause(nowMs: number, failures: number): void {
		this.state = PAUSING;
		this.dueMs = nowMs + Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** Math.min(failures, 5));
	}

	private attempt(nowMs: number): void {
		this.state = ATTEMPTING;
		this.dueMs = nowMs + ATTEMPT_MS_MAX;
		try {
			// Half joined without having been asked: it would refuse for ever.
			if (this.radio.connection > IDLE) this.radio.disconnect();
			this.radio.connect();
		} catch {
			// The radio refuses for now (out of memory, still leaving the last network): as an attempt that failed.
			this.pause(nowMs, this.failures++);
		}
	}
}
