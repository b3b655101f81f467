/** Types of kernel-lock.mjs, which is plain JavaScript because it runs before there are node modules. */
export class LockToolMissing extends Error {
	readonly code: "MISSING_TOOL";
}
export function tryLock(file: number): boolean;
export function isStillAt(path: string, file: number): boolean;
export function holderOf(path: string): number;
