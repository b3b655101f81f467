/**
 * What a build may bring along for the first boot, so that one binary makes five members: values of
 * `mc/config`, given to mcconfig as `name=value`. All of them come as strings, whatever they mean.
 */
export interface FirstBoot {
	readonly ssid: string;
	readonly password: string;
	readonly cluster: string;
	readonly members: string;
	/** The node's id, or "auto": the member with the board's MAC. */
	readonly node: string;
}

/** Thrown for a value of the build that is no text. */
export class BadBuildValue extends Error {
	constructor(name: string) {
		super(`the build's value of ${name} is not text`);
		this.name = "BadBuildValue";
	}
}

function text(config: Readonly<Record<string, unknown>>, name: string, otherwise: string): string {
	const value = config[name];
	if (value === undefined || value === "") return otherwise;
	if (typeof value !== "string") throw new BadBuildValue(name);
	return value;
}

/** @param config the default export of `mc/config`; other values in it are none of ours */
export function firstBoot(config: Readonly<Record<string, unknown>>): FirstBoot {
	return {
		ssid: text(config, "ssid", ""),
		password: text(config, "password", ""),
		cluster: text(config, "cluster", ""),
		members: text(config, "members", ""),
		node: text(config, "node", "auto"),
	};
}
