/** A mistake on the command line ends with 2, as in `balsa`; help ends with 0. */
import type { CommanderError } from "commander";

export function usageError(error: CommanderError): never {
	process.exit(error.exitCode === 0 ? 0 : 2);
}
