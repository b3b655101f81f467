/** Types of lock.mjs, which is plain JavaScript because it runs before there are node modules. */
export function takeLock(path: string, onWait: (pid: number) => void): Promise<() => void>;
