/**
 * Modules of the Moddable SDK that are used and that the published typings (@moddable/typings) lack
 * or declare otherwise, as far as they are used. With the SDK present its own typings take the
 * place of both.
 */
declare module "embedded:network/interface/wifi" {
	class WiFi {
		constructor(options: { onChanged?: (property: "connection" | "address") => void });
		connect(options: { SSID: string; password?: string }): void;
		disconnect(): void;
		/** 200 idle, 300 connecting, 400 associated, 500 with an address. */
		readonly connection: number;
		readonly address: string | undefined;
	}
	export default WiFi;
}

declare module "embedded:storage/key-value" {
	export class Storage {
		close(): void;
		delete(key: string): void;
		read(key: string): ArrayBuffer | string | number | bigint;
		write(key: string, value: string): void;
	}
	const KeyValueStorage: { open(options: { path: string; format: "string" }): Storage };
	export default KeyValueStorage;
}

declare module "mc/config" {
	/** Every value that was given on the command line of the build is a string. */
	const config: Record<string, unknown>;
	export default config;
}
