import { Command, Option } from 'commander';
import { shownDefault, variableHelp, type EnvironmentSpec, type Variable } from '#libs/config';
import type { CommandLineSpec, OptionSources, OptionsSpec } from './command-spec.js';

/** Lines are broken at this width, or at the terminal's where that is narrower. */
const HELP_COLUMNS = 100;

/** The command as commander parses it and explains it. */
export function buildCommand({
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
    .configureOutput({ writeErr: () => undefined, getOutHelpWidth: helpColumns });
  if (operand !== undefined) command.argument(operand);
  for (const [flags, kind, sources = {}] of Object.values(options)) {
    command.option(flags, kind.description + describeDefault(kind, sources));
    if (sources.alias) command.addOption(new Option(aliasFlags(flags, sources.alias)).hideHelp());
  }
  if (environment) command.addHelpText('after', () => environmentSection(command, environment));
  if (notes !== undefined) command.addHelpText('after', () => `\n${wrapped(command, notes)}`);
  return command;
}

const helpColumns = (): number => Math.min(process.stdout.columns ?? HELP_COLUMNS, HELP_COLUMNS);

/** What holds when the option is not given, in brackets; nothing where that needs no saying. */
function describeDefault(kind: Variable<unknown>, { variable }: OptionSources): string {
  if (kind.required && variable === undefined) return ' (required)';
  const fallback = typeof kind.default === 'boolean' ? undefined : shownDefault(kind);
  const parts = [variable, fallback].filter((part) => part !== undefined);
  return parts.length === 0 ? '' : ` (default: ${parts.join(', or ')})`;
}

/** The flags of another spelling: `--output <file>` and `--out` give `--out <file>`. */
const aliasFlags = (flags: string, alias: string): string => flags.replace(/--[\w-]+/, alias);

function environmentSection(command: Command, environment: EnvironmentSpec): string {
  const helper = Object.assign(command.createHelp(), { helpWidth: helpColumns() });
  const entries = variableHelp(environment);
  const width = Math.max(...entries.map(([name]) => name.length));
  const items = entries.map(([name, text]) => helper.formatItem(name, width, text, helper));
  return `\n${['Environment:', ...items].join('\n')}`;
}

/** Paragraphs broken like the rest of the help; lines that begin with a blank stay as they are. */
function wrapped(command: Command, text: string): string {
  const helper = command.createHelp();
  return text
    .split('\n')
    .map((line) => (line.startsWith(' ') ? line : helper.boxWrap(line, helpColumns())))
    .join('\n');
}
