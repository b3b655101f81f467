/** A condition that ends the set-up with one clear line. */

/** Something went wrong; starting again may help. */
export const EXIT_FAILED = 1;
/** Somebody has to do something first; the message says what. */
export const EXIT_ACTION_NEEDED = 2;

export class SetupFailure extends Error {
	/**
	 * @param {string} message one line, without a full stop's worth of output from other programs
	 * @param {number} exitCode EXIT_FAILED or EXIT_ACTION_NEEDED
	 */
	constructor(message, exitCode = EXIT_FAILED) {
		super(message);
		this.name = "SetupFailure";
		this.exitCode = exitCode;
	}
}

const CAUSES = [
	[/ENOSPC|No space left on device|enough free space/i, "the disk is full"],
	[
		/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|Could not resolve|Temporary failure resolving|Could not connect|Unable to connect|Network is unreachable|Connection (failed|refused|timed out)/i,
		"no network (behind a proxy, set http_proxy and https_proxy)",
	],
	[/\b407\b|Proxy Authentication/i, "the proxy wants a name and a password (put them into http_proxy and https_proxy)"],
	[
		/CERT_|self.signed certificate|certificate verif/i,
		"a certificate is not trusted (a proxy's own? set NODE_EXTRA_CA_CERTS)",
	],
	[/EACCES|EPERM|Permission denied/i, "a file may not be written or read by this user"],
	[/Could not get lock|Unable to acquire the dpkg/i, "another apt or dpkg is running; try again when it is done"],
	[
		/Unable to locate package|Unable to find a source package|has no installation candidate/i,
		"this Debian release does not have it (Debian 12 does)",
	],
];

/**
 * The cause of a failed program in plain words.
 * @param {string} output what the program wrote
 * @returns {string | undefined} nothing where the output matches no known cause
 */
export function causeOf(output) {
	for (const [pattern, cause] of CAUSES) if (pattern.test(output)) return cause;
	return undefined;
}
