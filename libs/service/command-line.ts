import type { Command, Option } from 'commander';
import { SulcusError } from '#libs/errors';
import { buildCommand } from './command-help.js';
import type { CommandLineSpec, OptionSources, OptionsSpec, ParsedOptions } from './command-spec.js';

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
      details: { mistakes, advice: `see ${spec.name} --help` },
    });
  }
  return {
    options: options as ParsedOptions<S>,
    operands,
    ...(operands[0] === undefined ? {} : { operand: operands[0] }),
  };
}

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
