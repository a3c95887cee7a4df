import type { EnvironmentSpec, Variable } from '#libs/config';

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
  /**
   * What stands after the options, for example `<path>`, `[path]` or, for one or more, `<path...>`. Default: nothing.
   */
  operand?: string;
  /** Variables shown at the end of `--help`. */
  environment?: EnvironmentSpec;
  /** Shown at the very end of `--help`: a line for each paragraph; those that begin with a blank stay as they are. */
  notes?: string;
}
