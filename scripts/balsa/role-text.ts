/** What a member is, in a word or two. */
import { roleName } from "../../core/status";
import type { Status } from "./host-client";

/** @returns its role; of a leader also that nobody else keeps what it has committed */
export function roleText({ role, singleCopy, witness }: Status): string {
	if (witness === 1) return "witness";
	return singleCopy === 1 ? `${roleName(role)}, single copy` : roleName(role);
}
