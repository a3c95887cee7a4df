/** A range of media types in an Accept header, with how much it is liked. */
const RANGE = /^\s*([^\s/;]+)\/([^\s/;]+)\s*(?:;(.*))?$/s;

/**
 * Which of the media types that are offered a caller likes best (RFC 9110 section 12.5.1): by its quality, and of equal
 * ones the first that is offered. Parameters other than the quality are not looked at.
 *
 * @param accept the header; undefined or empty: anything
 * @param offered in lower case
 * @returns undefined where the caller takes none of them
 */
export function acceptedMedia<T extends string>(accept: string | undefined, offered: readonly T[]): T | undefined {
  const ranges = (accept ?? '').split(',').flatMap((range) => readRange(range) ?? []);
  if (ranges.length === 0) return (accept ?? '').trim() === '' ? offered[0] : undefined;
  const qualityOf = (media: string): number => {
    // Of the ranges that hold it the narrowest one counts.
    for (const pattern of [media, media.replace(/\/.*/, '/*'), '*/*']) {
      const range = ranges.find(({ type }) => type === pattern);
      if (range) return range.quality;
    }
    return 0;
  };
  const best = Math.max(...offered.map(qualityOf));
  return best > 0 ? offered.find((media) => qualityOf(media) === best) : undefined;
}

function readRange(text: string): { type: string; quality: number } | undefined {
  const [, kind, subtype, parameters = ''] = RANGE.exec(text) ?? [];
  if (kind === undefined || subtype === undefined) return undefined;
  const [, quality = '1'] = /(?:^|;)\s*q\s*=\s*([\d.]+)/i.exec(parameters) ?? [];
  return { type: `${kind}/${subtype}`.toLowerCase(), quality: Number(quality) || 0 };
}
