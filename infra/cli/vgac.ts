import { Command, CommanderError } from 'commander';
import { explain, explainUsage } from './explain.ts';
import { UsageError } from './refused.ts';
import { EXIT } from './result.ts';
import { VERBS } from './verbs.ts';

const EXIT_CODES = `
Exit codes: 0 it is done; 1 it is not, and stderr says why; 2 the command line is wrong.
What a verb finds goes to stdout, everything else to stderr.`;

/** The program as this command line needs it: only the verb that is asked for is loaded. */
async function programFor(argv: readonly string[]): Promise<Command> {
  const program = new Command('vgac')
    .description('Lets agents act on GPU clusters only as far as measured evidence allows.')
    .option('--debug', 'show the whole of an error, with its stack')
    .exitOverride()
    // Errors are printed in one place, below.
    .configureOutput({ outputError: () => undefined })
    .addHelpText('after', EXIT_CODES);
  const asked = verbOf(argv);
  for (const { name, summary, load } of VERBS) {
    const command = program.command(name).description(summary).allowExcessArguments(false);
    if (name === asked) (await load()).define(command);
  }
  return program;
}

/** The verb that is meant, also in `vgac help VERB`. */
function verbOf(argv: readonly string[]): string | undefined {
  const [first, second] = argv.filter((argument) => !argument.startsWith('-'));
  return first === 'help' ? second : first;
}

/**
 * Runs one command line, without node and script. Whatever goes wrong ends in a sentence on stderr and the exit code of this
 * process; a verb that has done only a part of its work sets that itself.
 */
export async function main(argv: readonly string[]): Promise<void> {
  process.stdout.on('error', endWithReader);
  const program = await programFor(argv);
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    const debug = program.opts<{ debug?: true }>().debug === true;
    process.exitCode = isUsage(error) ? EXIT.usage : EXIT.failed;
    if (error instanceof CommanderError) {
      // `vgac` alone: its help, which commander has printed, says it all.
      if (error.code !== 'commander.help') say(explainUsage(error, readOn(argv)));
    } else say(explain(error, { debug }));
  }
}

/** Whoever reads the output, such as `head`, has seen enough of it. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(EXIT.done);
  throw error;
}

function isUsage(error: unknown): boolean {
  return error instanceof CommanderError || error instanceof UsageError;
}

function readOn(argv: readonly string[]): string {
  const asked = verbOf(argv);
  const known = VERBS.some(({ name }) => name === asked);
  return known ? `See vgac ${asked} --help.` : 'See vgac --help for the verbs.';
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
