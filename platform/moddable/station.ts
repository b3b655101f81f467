/**
 * The Wi-Fi station of a node. It never gives up and the node runs without it: no set-up step waits
 * for an address, as the SDK's own `setup/network` would.
 */
import WiFi from "embedded:network/interface/wifi";
import Timer from "timer";
import type { Radio } from "./backoff";
import { Reconnector } from "./backoff";
import { keepRadioAwake, milliseconds } from "./natives";

/** Without a network to join there is nothing to do until the board restarts with one. */
const IDLE_MS = 3_600_000;

export class Station implements Radio {
	readonly reconnector: Reconnector;
	private readonly wifi: WiFi;
	private readonly ssid: string;
	private readonly password: string;
	private readonly timer: Timer;

	/**
	 * Starts the IP stack and the radio, which every other use of the network needs.
	 * @param ssid of the network to join, "" for none yet
	 */
	constructor(ssid: string, password: string) {
		this.ssid = ssid;
		this.password = password;
		this.reconnector = new Reconnector(this);
		// An event comes in the middle of the SDK's own call: take note, act in a turn of our own.
		this.wifi = new WiFi({ onChanged: () => Timer.schedule(this.timer, 0, 1) });
		keepRadioAwake();
		this.timer = Timer.set(() => this.step(), 0, 1);
	}

	get connection(): number {
		return this.wifi.connection;
	}

	/** In dotted form, "" while there is none. */
	get address(): string {
		return this.wifi.address ?? "";
	}

	connect(): void {
		if (this.password === "") this.wifi.connect({ SSID: this.ssid });
		else this.wifi.connect({ SSID: this.ssid, password: this.password });
	}

	disconnect(): void {
		this.wifi.disconnect();
	}

	private step(): void {
		const waitMs = this.ssid === "" ? IDLE_MS : this.reconnector.step(milliseconds());
		Timer.schedule(this.timer, waitMs, waitMs);
	}
}
