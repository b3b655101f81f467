/** The members in a table for people, and as JSON. */
import { isVoting, ROLE_NONE } from "../../core/configuration";
import { addressText } from "./answers";
import { type MemberRow, type Membership, memberRoleName } from "./membership";

/** In what stage of its membership one is. */
export function stageOf(membership: Membership, row: MemberRow): string {
	if (membership.configuration.isJoint()) {
		const [was, will] = [isVoting(row.outgoingRole), isVoting(row.role)];
		if (was !== will) return was ? "joint: leaving" : "joint: entering";
	}
	if (membership.leads(row)) return "leader";
	if (row.role === ROLE_NONE) return "leaving";
	if (row.match === membership.lastIndex) return isVoting(row.role) ? "votes" : "caught up";
	return isVoting(row.role) ? "votes, behind" : "catching up";
}

function addressOf({ address, port }: MemberRow): string {
	return address === 0 ? "-" : `${addressText(address)}:${port}`;
}

/** @returns one line for each member, a head before them and the configuration after them */
export function memberTable(membership: Membership): string[] {
	const { commitIndex, configuration, lastIndex, leader, rows, term } = membership;
	const priorities = rows.some((row) => row.priority !== 0);
	const cells = [
		["id", "incarnation", "role", ...(priorities ? ["priority"] : []), "address", "match/last", "stage"],
		...rows.map((row) => [
			String(row.id),
			String(row.incarnation),
			memberRoleName(row.role === ROLE_NONE ? row.outgoingRole : row.role),
			...(priorities ? [String(row.priority ?? 0)] : []),
			addressOf(row),
			`${row.match}/${lastIndex}`,
			stageOf(membership, row),
		]),
	];
	const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
	const numbers = [
		...(configuration.leaseMs > 0 ? [`leases of ${configuration.leaseMs} ms`] : []),
		...(configuration.quietAfterMs > 0 ? [`quiet after ${configuration.quietAfterMs} ms`] : []),
	];
	const state = configuration.isJoint()
		? "joint"
		: commitIndex < configuration.index
			? "not committed yet"
			: "committed";
	return [
		...cells.map((row) =>
			row
				.map((cell, column) => cell.padEnd(widths[column]))
				.join("  ")
				.trimEnd(),
		),
		[
			`configuration ${configuration.index}, ${state}`,
			`leader ${leader === 0 ? "-" : leader} of term ${term}`,
			...numbers,
		].join("; "),
	];
}

export function membersJson(membership: Membership): object {
	const { commitIndex, configuration, lastIndex, leader, rows, term } = membership;
	const { driftPerMille, electionMsMax, electionMsMin, heartbeatMs, index, leaseMs, level, quietAfterMs, stallMs } =
		configuration;
	return {
		index,
		isCommitted: commitIndex >= index,
		isJoint: configuration.isJoint(),
		leader,
		term,
		commitIndex,
		lastIndex,
		members: rows.map((row) => ({
			id: row.id,
			incarnation: row.incarnation,
			role: memberRoleName(row.role),
			...(configuration.isJoint() ? { outgoingRole: memberRoleName(row.outgoingRole) } : {}),
			priority: row.priority ?? 0,
			address: addressOf(row),
			match: row.match,
			stage: stageOf(membership, row),
		})),
		level,
		heartbeatMs,
		electionMsMin,
		electionMsMax,
		stallMs,
		leaseMs,
		driftPerMille,
		quietAfterMs,
	};
}
