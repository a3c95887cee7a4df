/** Whether a list is the beginning of another one. */
const isBeginning = (list: readonly string[], of: readonly string[]): boolean =>
  list.every((name, index) => of[index] === name);

/**
 * The class list of a run: that of the configuration, with the classes behind it that the run has met since. A
 * configuration that names more classes than the run had adds them too. In epochs mode it is the configuration's.
 */
export function classesOfRun(
  configured: readonly string[],
  mode: 'epochs' | 'stream' | undefined,
  manifest: { readonly classes: readonly string[] } | undefined,
): readonly string[] {
  return mode === 'stream' && manifest && isBeginning(configured, manifest.classes) ? manifest.classes : configured;
}

/** Whether a run with these classes may go on with those: classes were added, and none moved. */
export const mayGrow = (from: readonly string[], to: readonly string[]): boolean => isBeginning(from, to);
