/** The `balsa` command: what it can do, and how it ends. */
import { Command, CommanderError } from "commander";
import { addNetCommands, addNodeCommands } from "./cluster-commands";
import { CommandFailure, EXIT_DONE, EXIT_REFUSED, EXIT_USAGE } from "./exit";
import { addFormatCommand } from "./format";
import { type Input, PROCESS_INPUT } from "./input";
import { addKeyCommands } from "./key-commands";
import { addLeaderCommands } from "./leader-commands";
import { addMemberCommands } from "./member-commands";
import { type Output, PROCESS_OUTPUT } from "./output";
import { addRecoverCommand } from "./recover";
import { addServeCommand } from "./serve";
import { addStatusCommand } from "./status-command";

const EXAMPLES = `
Examples:
  balsa put colour blue               set a key in the cluster that runs from this repository
  balsa put picture < picture.bin     the same with a value from stdin
  balsa get colour                    print its value
  balsa cas colour 7 green            set it only if its revision is still 7
  balsa range a m                     the keys from "a" up to, not including, "m"
  balsa status                        one line for each member
  balsa transfer 2                    have the leader hand over to member 2
  balsa member list                   who the members are, and how far each has copied the log
  balsa node kill 2                   cut the power of member 2 (kill -9)
  balsa net cut 1 2                   cut the cable between members 1 and 2
  balsa get colour --cluster 192.168.1.21:7070,192.168.1.22:7070 --cluster-id 8f0c9a3b5d17e642

Exit codes:
  0  done
  1  refused: it did not happen (the error's name is on stderr)
  2  the command line is wrong: nothing was tried
  3  outcome unknown: no answer in time, it may have happened`;

function program(output: Output, input: Input): Command {
	const balsa = new Command("balsa")
		.description("A replicated, linearizable key-value store on microcontrollers: its clients and its local cluster.")
		.configureOutput({
			writeOut: (text) => output.out(text),
			writeErr: (text) => output.error(text.replace(/\n$/, "")),
			outputError: (text, write) => write(text.replace(/^error: /, "balsa: ")),
		})
		.exitOverride()
		.showHelpAfterError("(balsa --help, or balsa COMMAND --help, says more)")
		.enablePositionalOptions()
		.addHelpText("after", EXAMPLES);
	addKeyCommands(balsa, output, input);
	addStatusCommand(balsa, output);
	addLeaderCommands(balsa, output);
	addMemberCommands(balsa, output);
	addNodeCommands(balsa, output);
	addNetCommands(balsa, output);
	addFormatCommand(balsa, output);
	addServeCommand(balsa, output);
	addRecoverCommand(balsa, output);
	return balsa;
}

/** `BALSA_CLUSTER=` in a shell or a unit file means that nothing is said. */
function unsetEmptyVariables(): void {
	for (const name of Object.keys(process.env))
		if (name.startsWith("BALSA_") && process.env[name] === "") delete process.env[name];
}

/**
 * Runs one command line.
 * @param words after `balsa`
 * @returns the exit code
 */
export async function main(
	words: readonly string[],
	output: Output = PROCESS_OUTPUT,
	input: Input = PROCESS_INPUT,
): Promise<number> {
	unsetEmptyVariables();
	try {
		await program(output, input).parseAsync(words, { from: "user" });
		return EXIT_DONE;
	} catch (error) {
		if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_DONE : EXIT_USAGE;
		if (error instanceof CommandFailure) {
			output.error(`balsa: ${error.message}`);
			return error.exitCode;
		}
		output.error(`balsa: ${error instanceof Error ? error.message : String(error)}`);
		return EXIT_REFUSED;
	}
}
