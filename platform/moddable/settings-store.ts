/** Texts by key in ESP-IDF's NVS, "" when there is none. Each write is committed when it returns. */
import type { Storage } from "embedded:storage/key-value";
import KeyValueStorage from "embedded:storage/key-value";

export class DeviceTextStore {
	private readonly storage: Storage;

	constructor() {
		this.storage = KeyValueStorage.open({ path: "balsa", format: "string" });
	}

	read(key: string): string {
		const value: unknown = this.storage.read(key);
		return typeof value === "string" ? value : "";
	}

	write(key: string, value: string): void {
		if (value === "") this.storage.delete(key);
		else this.storage.write(key, value);
	}
}
