import { chainOf, type KnownLineage, type Segment } from '#libs/lineage';
import type { ModelCard } from '#libs/registry';

/** A version that learned from some of the samples asked about. */
export interface VersionThatSaw {
  version: string;
  /** Labels that it learned them as. */
  labels: string[];
  /** How many of the places asked about it learned from. */
  samples: number;
}

/** Versions that have learned from what lay at any of these places, oldest first. */
export function versionsThatSaw(
  known: KnownLineage,
  cards: readonly ModelCard[],
  places: ReadonlySet<number>,
): VersionThatSaw[] {
  const hits = new Map<Segment, { labels: Set<string>; places: Set<number> }>();
  for (const segment of known.segments.values()) {
    const hit = { labels: new Set<string>(), places: new Set<number>() };
    for (const groups of [segment.learned, segment.relearned])
      for (const [label, sequences] of groups)
        for (const sequence of sequences)
          if (places.has(sequence)) {
            hit.labels.add(label);
            hit.places.add(sequence);
          }
    if (hit.places.size > 0) hits.set(segment, hit);
  }
  return cards.flatMap((card) => {
    const seen = [...chainOf(known, card.lineage.segment?.hash ?? '')].flatMap((segment) => hits.get(segment) ?? []);
    if (seen.length === 0) return [];
    const labels = [...new Set(seen.flatMap((hit) => [...hit.labels]))].sort();
    return [{ version: card.version, labels, samples: new Set(seen.flatMap((hit) => [...hit.places])).size }];
  });
}
