/** A setting that runs do not have in common, with its value in each; undefined where it is not given. */
export interface Difference {
  setting: string;
  values: readonly (string | undefined)[];
}

/** The settings in which recipes differ, by their paths. */
export function recipeDifferences(recipes: readonly Record<string, unknown>[]): Difference[] {
  const flat = recipes.map((recipe) => new Map(leaves(recipe)));
  const settings = [...new Set(flat.flatMap((leaf) => [...leaf.keys()]))].sort();
  return settings
    .map((setting) => ({ setting, values: flat.map((leaf) => leaf.get(setting)) }))
    .filter(({ values }) => new Set(values).size > 1);
}

/** Every value of a tree with its path; lists are values. */
function* leaves(value: Record<string, unknown>, path = ''): Generator<[path: string, text: string]> {
  for (const [key, child] of Object.entries(value)) {
    const at = path === '' ? key : `${path}.${key}`;
    if (typeof child === 'object' && child !== null && !Array.isArray(child))
      yield* leaves(child as Record<string, unknown>, at);
    else if (child !== undefined) yield [at, JSON.stringify(child)];
  }
}
