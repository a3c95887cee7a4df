import { isIP } from 'node:net';
import { SulcusError } from '#libs/errors';

/** Who may send: an application entity title, and from where. */
export interface Caller {
  title: string;
  /** IP address of its machine; undefined: any. */
  address?: string | undefined;
  /** A name in the certificate that it shows, or `sha256:` and its fingerprint; undefined: it need not show one. */
  certificate?: string | undefined;
}

/** Who calls. */
export interface Calling {
  title: string;
  address: string;
  /** Names of the certificate that it has shown and that was verified, and its fingerprint; none where it has not. */
  certificateNames: readonly string[];
}

/**
 * Reads `TITLE`, `TITLE@address`, `TITLE=certificate` or `TITLE@address=certificate`; `*` stands for any title.
 *
 * @throws INVALID_CONFIG
 */
export function parseCaller(text: string): Caller {
  const [, title = '', address, certificate] = /^([^@=]*)(?:@([^=]*))?(?:=(.*))?$/s.exec(text) ?? [];
  if (!isTitle(title) || address === '' || certificate === '')
    throw new SulcusError(
      'INVALID_CONFIG',
      `"${text}" names no sender: expected an AE title of 1 to 16 characters, such as MR1, MR1@10.0.0.7 or ` +
        'MR1@10.0.0.7=mr1.example.org, where a name in its certificate stands last',
    );
  // A name would be compared with addresses, and let nobody in.
  if (address !== undefined && isIP(address) === 0)
    throw new SulcusError(
      'INVALID_CONFIG',
      `"${text}" names no sender: "${address}" is no IP address. Expected one, such as ${title}@10.0.0.7`,
    );
  return { title, address, certificate: certificate && normalised(certificate) };
}

/** Fingerprints are written with colons and without, in either case. */
const normalised = (name: string): string =>
  /^sha256:/i.test(name) ? `sha256:${name.slice('sha256:'.length).replaceAll(':', '').toLowerCase()}` : name;

/** Whether a text can be an application entity title (PS3.5 section 6.2, AE). */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
export const isTitle = (text: string): boolean => /^[^\\\x00-\x1f\x7f]{1,16}$/.test(text) && text.trim() === text;

/** Titles are compared as they are: they are case-sensitive. */
export const isAllowed = (callers: readonly Caller[], { title, address, certificateNames }: Calling): boolean =>
  callers.some(
    (caller) =>
      (caller.title === '*' || caller.title === title) &&
      (caller.address ?? address) === address &&
      (caller.certificate === undefined || certificateNames.includes(caller.certificate)),
  );
