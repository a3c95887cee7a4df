import type { AliasRecord } from '#libs/registry';

/** The version in service, and whether it can answer. */
export interface ServingVersion {
  version: string;
  alive: boolean;
}

/** The version to load now: what the alias names, else, while nothing answers, what answered before it. */
export function nextVersion(
  wanted: AliasRecord,
  serving: ServingVersion | undefined,
  failures: { mayLoad(version: string, revision: number | undefined): boolean },
): string | undefined {
  for (const version of [wanted.version, serving?.version, wanted.previousVersion]) {
    if (version === undefined) continue;
    if (version === serving?.version && serving.alive) return undefined;
    if (failures.mayLoad(version, version === wanted.version ? wanted.revision : undefined)) return version;
  }
  return undefined;
}

/**
 * Whether the alias has moved back from a version, to one it pointed to before, while it was loaded. One that a newer
 * version has merely overtaken still serves until that one is ready: otherwise promotions that come faster than a load
 * takes would keep the oldest in service.
 */
export function isTakenBack(loaded: string, wanted: AliasRecord): boolean {
  if (wanted.version === loaded) return false;
  const moves = [wanted, ...wanted.history].map(({ version }) => version).reverse();
  const position = moves.lastIndexOf(loaded);
  const next = moves[position + 1]!;
  return position < 0 || moves.slice(0, position).includes(next);
}
