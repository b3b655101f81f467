/**
 * Configurations as a person writes them: `{1,2,3}` are three voters, `~4` is a learner, `!5` a
 * witness, `!~6` one that does not vote yet, `2.3` node 2 in its third life,
 * `3+2` voter 3 of priority 2; `{1,2,3|1,2,4}` is a joint one that leaves the first half. A level above the first stands behind the members.
 */
import assert from "node:assert/strict";
import {
	Configuration,
	ROLE_LEARNER,
	ROLE_NONE,
	ROLE_VOTER,
	ROLE_WITNESS,
	ROLE_WITNESS_LEARNER,
} from "../../../core/configuration";
import { ENCODING } from "./encoding";

/** More members than any test has. */
const PLACES = 20;
const SIGNS = ["", "", "~", "!", "!~"];

export function configurationTextOf(configuration: Configuration): string {
	const half = (roles: Uint8Array) => {
		const names: string[] = [];
		for (let at = configuration.placeAfter(-1); at !== -1; at = configuration.placeAfter(at)) {
			if (roles[at] === ROLE_NONE) continue;
			const life = configuration.incarnations[at] === 1 ? "" : `.${configuration.incarnations[at]}`;
			const priority = configuration.priorities[at] === 0 ? "" : `+${configuration.priorities[at]}`;
			names.push(`${SIGNS[roles[at]]}${configuration.ids[at]}${life}${priority}`);
		}
		return names.join(",");
	};
	const left = configuration.isJoint() ? `${half(configuration.outgoingRoles)}|` : "";
	const level = configuration.level > 1 ? ` at level ${configuration.level}` : "";
	return `{${left}${half(configuration.roles)}${level}}`;
}

/** Of an encoded one. */
export function configurationText(bytes: Uint8Array, offset: number, length: number): string {
	const configuration = new Configuration(PLACES);
	assert.ok(ENCODING.read(bytes, offset, length, configuration), "no configuration");
	return configurationTextOf(configuration);
}

/** @param words members as above, not joint; the numbers are those of `like` */
export function configurationOf(words: string[], like: Configuration): Configuration {
	const members = words.map((word) => {
		const [life, priority] = word.replace(/^[~!]+/, "").split("+");
		const [id, incarnation] = life.split(".");
		const sign = SIGNS.indexOf(word.replace(/[\d.+]+$/, ""), 1);
		const role = [ROLE_NONE, ROLE_VOTER, ROLE_LEARNER, ROLE_WITNESS, ROLE_WITNESS_LEARNER][sign];
		return { id: Number(id), incarnation: Number(incarnation ?? 1), role, priority: Number(priority ?? 0) };
	});
	members.sort((a, b) => a.id - b.id || a.incarnation - b.incarnation);
	const configuration = new Configuration(Math.max(1, members.length));
	for (const { id, incarnation, priority, role } of members)
		configuration.add(id, incarnation, role, 0, 0, ROLE_NONE, priority);
	configuration.copyNumbers(like);
	return configuration;
}
