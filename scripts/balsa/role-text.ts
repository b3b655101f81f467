/** What a node is, in a word or two. */
import { ROLE_LEARNER, ROLE_NONE } from "../../core/configuration";
import { FOLLOWER } from "../../core/raft/role";
import { roleName } from "../../core/status";
import type { Status } from "./host-client";

/** @returns its role; of a follower also that it does not vote; of a leader that nobody else keeps what it has committed */
export function roleText({ memberRole, role, singleCopy, witness }: Status): string {
	if (role === FOLLOWER && memberRole === ROLE_NONE) return "no member";
	if (witness === 1) return "witness";
	if (role === FOLLOWER && memberRole === ROLE_LEARNER) return "learner";
	return singleCopy === 1 ? `${roleName(role)}, single copy` : roleName(role);
}
