import { SulcusError } from '#libs/errors';

/** Who said which classes are normal. */
export type NormalClassesSource = 'request' | 'configuration' | 'well-known name' | 'none';

export interface NormalClasses {
  names: readonly string[];
  /** Places in the model's class list. */
  indices: readonly number[];
  source: NormalClassesSource;
}

/** Names that mean "no finding" in public data sets, in lower case and without separators. */
const WELL_KNOWN: ReadonlySet<string> = new Set(['notumor', 'nofinding', 'normal', 'healthy']);

/**
 * The classes of a model that mean "no finding": what the request says, else what is configured, else those with a
 * well-known name (notumor, nofinding, normal, healthy, however written). An answer names the source, so nothing is
 * guessed in silence.
 *
 * @param requested empty: not said
 * @param configured undefined: not said. Names that this model does not have are passed over: a predictor may serve
 * other models later
 * @throws INVALID_ARGUMENT when the request names a class that the model does not have, or all it has
 */
export function resolveNormalClasses(
  classes: readonly string[],
  requested: readonly string[],
  configured: readonly string[] | undefined,
): NormalClasses {
  const unknown = requested.filter((name) => !classes.includes(name));
  if (unknown.length > 0)
    throw new SulcusError(
      'INVALID_ARGUMENT',
      `The model has no class ${unknown.map((name) => `"${name}"`).join(', ')}: it has ${classes.join(', ')}`,
    );
  if (requested.length > 0) return chosen(classes, (name) => requested.includes(name), 'request');
  if (configured) return chosen(classes, (name) => configured.includes(name), 'configuration');
  return chosen(classes, (name) => WELL_KNOWN.has(name.toLowerCase().replaceAll(/[\s_-]/g, '')), 'well-known name');
}

function chosen(
  classes: readonly string[],
  isNormal: (name: string) => boolean,
  source: NormalClassesSource,
): NormalClasses {
  const names = classes.filter(isNormal);
  if (names.length === classes.length)
    throw new SulcusError(
      'INVALID_ARGUMENT',
      `All classes of the model are said to be normal (${source}): nothing would be a finding`,
    );
  return names.length === 0
    ? { names, indices: [], source: 'none' }
    : { names, indices: names.map((name) => classes.indexOf(name)), source };
}
