import { SulcusError } from '#libs/errors';

const MAX_LABEL_CHARS = 128;

/**
 * A class name as it is stored: outer blanks dropped, Unicode composed, so that equal names are equal strings.
 *
 * @returns '' for a label that is empty or blank: not known yet
 * @throws INVALID_ARGUMENT for one that is too long or holds control characters
 */
export function cleanLabel(label: string | undefined): string {
  const cleaned = (label ?? '').normalize('NFC').trim();
  if (cleaned.length > MAX_LABEL_CHARS)
    throw new SulcusError(
      'INVALID_ARGUMENT',
      `The label has ${cleaned.length} characters, at most ${MAX_LABEL_CHARS} are allowed`,
    );
  if (/[\p{Cc}\p{Surrogate}]/u.test(cleaned))
    throw new SulcusError('INVALID_ARGUMENT', 'The label holds control characters');
  return cleaned;
}
