import { Command, Option } from 'commander';
import { environmentHelp, type EnvironmentSpec, type Variable } from '#libs/config';
import { SulcusError } from '#libs/errors';

/** Where an option's value may come from beside the option itself. */
export interface OptionSources {
  /** Environment variable that is read when the option is not given. */
  variable?: string;
  /** Another spelling that is understood and not shown, for example `--out`. */
  alias?: string;
}

/** Option key → commander's flags (`-e, --epochs <n>`, `--once`, `--no-live`) and kind of value, as of a variable. */
export type OptionsSpec = Readonly<
  Record<string, readonly [flags: string, kind: Variable<unknown>, sources?: OptionSources]>
>;

export type ParsedOptions<S extends OptionsSpec> = {
  readonly [K in keyof S]: S[K][1] extends Variable<infer T> ? T : never;
};

export interface CommandLineSpec<S extends OptionsSpec> {
  /** As the user types it, for example `sulcus up`. */
  name: string;
  description: string;
  options: S;
  /** What stands after the options, for example `<path>`, `[path]` or, for one or more, `<path...>`. Default: nothing. */
  operand?: string;
  /** Variables shown at the end of `--help`. */
  environment?: EnvironmentSpec;
  /** Shown at the very end of `--help`. */
  notes?: string;
}

/**
 * Parses a command line. `--help` is answered on stdout, and the result is undefined: there is nothing to run.
 *
 * @param argv the words after the command's name
 * @param environment where options find their variables
 * @throws INVALID_CONFIG naming every mistake at once: unknown options, missing and wrong values, surplus words
 */
export function parseCommandLine<const S extends OptionsSpec>(
  spec: CommandLineSpec<S>,
  argv: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): { options: ParsedOptions<S>; operand?: string; operands: readonly string[] } | undefined {
  const command = buildCommand(spec);
  if (argv.some((word) => word === '-h' || word === '--help')) {
    command.outputHelp();
    return undefined;
  }
  const mistakes: string[] = [];
  const operands = readWords(command, argv, mistakes);
  const options = Object.fromEntries(
    Object.entries(spec.options).map(([key, option]) => [key, readOption(command, option, environment, mistakes)]),
  );
  checkOperands(spec.operand, operands, mistakes);
  if (mistakes.length > 0) {
    throw new SulcusError('INVALID_CONFIG', mistakes.join('\n'), {
      details: { mistakes: [...mistakes, `see ${spec.name} --help`] },
    });
  }
  return {
    options: options as ParsedOptions<S>,
    operands,
    ...(operands[0] === undefined ? {} : { operand: operands[0] }),
  };
}

function buildCommand({
  name,
  description,
  options,
  operand,
  environment,
  notes,
}: CommandLineSpec<OptionsSpec>): Command {
  const command = new Command(name)
    .description(description)
    .helpOption('-h, --help', 'show this')
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  if (operand !== undefined) command.argument(operand);
  for (const [flags, kind, sources = {}] of Object.values(options)) {
    command.option(flags, kind.description + describeDefault(kind, sources));
    if (sources.alias) command.addOption(new Option(aliasFlags(flags, sources.alias)).hideHelp());
  }
  if (environment) command.addHelpText('after', `\nEnvironment:\n${environmentHelp(environment)}`);
  if (notes !== undefined) command.addHelpText('after', `\n${notes}`);
  return command;
}

/** What holds when the option is not given, in brackets; nothing where that needs no saying. */
function describeDefault({ default: value }: Variable<unknown>, { variable }: OptionSources): string {
  const shown = typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  const parts = [variable, shown].filter((part) => part !== undefined);
  return parts.length === 0 ? '' : ` (default: ${parts.join(', or ')})`;
}

/** The flags of another spelling: `--output <file>` and `--out` give `--out <file>`. */
const aliasFlags = (flags: string, alias: string): string => flags.replace(/--[\w-]+/, alias);

/** Lets commander recognise the options; what it does not know is a mistake when it looks like one, else an operand. */
function readWords(command: Command, argv: readonly string[], mistakes: string[]): string[] {
  try {
    const { operands, unknown } = command.parseOptions([...argv]);
    mistakes.push(...unknown.filter((word) => word.startsWith('-')).map((word) => `${word}: there is no such option`));
    return [...operands, ...unknown.filter((word) => !word.startsWith('-'))];
  } catch (error) {
    mistakes.push((error as Error).message.replace(/^error: /, ''));
    return [];
  }
}

function readOption(
  command: Command,
  [flags, kind, sources = {}]: OptionsSpec[string],
  environment: NodeJS.ProcessEnv,
  mistakes: string[],
): unknown {
  const option = command.options.find((candidate) => candidate.flags === flags)!;
  const { name, raw } = rawValue(command, option, sources, environment);
  if (raw === undefined) {
    if (kind.required) mistakes.push(`${option.long} is not given: ${kind.description}`);
    return kind.default;
  }
  if (typeof raw === 'boolean') return raw;
  try {
    return kind.parse(raw);
  } catch (error) {
    mistakes.push(`${name} "${raw}": ${(error as Error).message}`);
    return undefined;
  }
}

/** What was given, and by which name: the option, its alias, or its variable, which counts as not set when empty. */
function rawValue(
  command: Command,
  option: Option,
  { variable, alias }: OptionSources,
  environment: NodeJS.ProcessEnv,
): { name: string; raw: string | boolean | undefined } {
  const given = command.getOptionValue(option.attributeName()) as string | boolean | undefined;
  if (given !== undefined) return { name: option.long!, raw: given };
  const other = command.options.find(({ long }) => long === alias);
  const byAlias = other && (command.getOptionValue(other.attributeName()) as string | boolean | undefined);
  if (byAlias !== undefined) return { name: alias!, raw: byAlias };
  return { name: variable ?? option.long!, raw: (variable && environment[variable]) || undefined };
}

function checkOperands(operand: string | undefined, given: readonly string[], mistakes: string[]): void {
  if (operand?.startsWith('<') && given.length === 0) mistakes.push(`${operand} is missing`);
  if (operand?.includes('...')) return;
  const surplus = given.slice(operand === undefined ? 0 : 1);
  if (surplus.length > 0) mistakes.push(`${surplus.join(' ')}: not expected here`);
}
