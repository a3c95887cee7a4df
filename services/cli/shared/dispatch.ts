import { Command, CommanderError, Help } from 'commander';
import { SulcusError } from '#libs/errors';

/** A command's own entry: reads its options from the words after the command's name, and runs to its end. */
export type CommandMain = (argv: readonly string[]) => Promise<void>;

export interface CommandEntry {
  /** What stands behind its name in the list of commands, for example `<version>`. */
  operand?: string;
  /** One line for the list of commands. */
  description: string;
  /** Loads the command when it is meant: the tensor library and gRPC are slow to start. */
  load: () => Promise<{ main: CommandMain }>;
}

/** Commands by title and name, in the order in which they are listed. */
export type CommandGroups = Readonly<Record<string, Readonly<Record<string, CommandEntry>>>>;

export interface DispatchSpec {
  /** As the user types it, for example `sulcus`. */
  name: string;
  description: string;
  groups: CommandGroups;
  /** Answers `--version`. */
  version?: string;
}

/**
 * Runs the command that the first word names, with the words behind it. Without any it lists the commands.
 *
 * @throws INVALID_CONFIG for a command or an option that there is not; whatever the command throws
 */
export async function dispatch(
  { name, description, groups, version }: DispatchSpec,
  argv: readonly string[],
): Promise<void> {
  const program = new Command(name);
  program
    .description(description)
    .usage('<command> [options]')
    .helpOption('-h, --help', 'show this')
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({ formatHelp: withoutCommands })
    .configureOutput({ writeErr: () => undefined })
    .addHelpText('after', () => commandList(program, groups))
    .addHelpText('after', `\nEach command explains itself: ${name} <command> --help`);
  if (version !== undefined) program.version(version, '--version', 'print the version');
  for (const [command, { description: summary, load }] of entriesOf(groups)) {
    // Everything behind the command's name is the command's own business, --help too.
    program
      .command(command)
      .description(summary)
      .argument('[words...]')
      .helpOption(false)
      .allowUnknownOption()
      .passThroughOptions()
      .action(async (words: string[]) => (await load()).main(words));
  }
  if (argv.length === 0) return program.outputHelp();
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return;
    const message = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
    throw new SulcusError('INVALID_CONFIG', message, { details: { advice: `see ${name} --help` } });
  }
}

const entriesOf = (groups: CommandGroups): [string, CommandEntry][] =>
  Object.values(groups).flatMap((commands) => Object.entries(commands));

/** The usual help but for its list of commands, which has no groups. */
function withoutCommands(program: Command, { helpWidth }: Help): string {
  const helper = Object.assign(new Help(), { helpWidth, visibleCommands: () => [] });
  return helper.formatHelp(program, helper);
}

/** The commands under the titles of their groups. */
function commandList(program: Command, groups: CommandGroups): string {
  const helper = Object.assign(program.createHelp(), { helpWidth: Math.min(process.stdout.columns ?? 100, 100) });
  const term = ([name, { operand }]: [string, CommandEntry]): string => (operand ? `${name} ${operand}` : name);
  const width = Math.max(...entriesOf(groups).map((entry) => term(entry).length));
  const lines = Object.entries(groups).flatMap(([title, commands]) => [
    '',
    `${title}:`,
    ...Object.entries(commands).map((entry) => helper.formatItem(term(entry), width, entry[1].description, helper)),
  ]);
  return lines.join('\n');
}
