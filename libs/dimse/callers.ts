import { SulcusError } from '#libs/errors';

/** Who may send: an application entity title, and from where. */
export interface Caller {
  title: string;
  /** Address of its machine; undefined: any. */
  address?: string | undefined;
}

/**
 * Reads `TITLE` or `TITLE@address`; `*` stands for any title.
 *
 * @throws INVALID_CONFIG
 */
export function parseCaller(text: string): Caller {
  const [title = '', address] = text.split('@');
  if (!isTitle(title) || address === '')
    throw new SulcusError(
      'INVALID_CONFIG',
      `"${text}" names no sender: expected an AE title of 1 to 16 characters, such as MR1 or MR1@10.0.0.7`,
    );
  return { title, address };
}

/** Whether a text can be an application entity title (PS3.5 section 6.2, AE). */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
export const isTitle = (text: string): boolean => /^[^\\\x00-\x1f\x7f]{1,16}$/.test(text) && text.trim() === text;

/** Titles are compared as they are: they are case-sensitive. */
export const isAllowed = (callers: readonly Caller[], title: string, address: string): boolean =>
  callers.some((caller) => (caller.title === '*' || caller.title === title) && (caller.address ?? address) === address);
