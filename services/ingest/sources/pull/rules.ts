import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { TlsFiles } from '#libs/access';
import { parsePeer, type Peer } from '#libs/dimse';
import { SulcusError } from '#libs/errors';

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time such as 22:00');

const dicom = z.strictObject({
  /** Its title and where it listens, for example `PACS@10.0.0.5:104`. */
  peer: z.string().transform((text, context): Peer => {
    try {
      return parsePeer(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: SulcusError.from(error).rawMessage });
      return z.NEVER;
    }
  }),
  /** How series are fetched: to our own title, which the archive knows (C-MOVE), or on our association (C-GET). */
  retrieve: z.enum(['move', 'get']),
});

const peer = z.strictObject({
  /** Address of its DICOMweb, for example `https://pacs.example.org/dicom-web`. */
  dicomweb: z.url({ protocol: /^https?$/ }).optional(),
  /** It is asked by C-FIND instead. */
  dicom: dicom.optional(),
  /** PEM file of the authorities of its certificate. */
  authorities: z.string().optional(),
  /** PEM files that we show. */
  certificate: z.string().optional(),
  key: z.string().optional(),
  /** File of the value of the header `authorization`. */
  authorizationFile: z.string().optional(),
});

const rule = z.strictObject({
  /** For people. */
  name: z.string().min(1),
  peer: z.string(),
  modality: z.string().regex(/^[A-Z]{2,16}$/, 'expected a modality such as MR'),
  /** Body part examined; a series that does not say it is taken. */
  bodyPart: z.string().optional(),
  /** Study dates: today and so many days before. */
  days: z.number().int().min(0).max(3650),
  /** By the clock of this machine; the end may be on the next day. Default: always. */
  between: z.tuple([clock, clock]).optional(),
  /** It is looked again so often. */
  everyMinutes: z.number().positive().max(1440).default(15),
  /** Series that are fetched at a time. */
  atOnce: z.number().int().min(1).max(16).default(2),
});

const schema = z
  .strictObject({ peers: z.record(z.string(), peer), rules: z.array(rule).min(1) })
  .superRefine(({ peers, rules }, context) => {
    for (const [name, { dicomweb, dicom: byDicom, authorizationFile }] of Object.entries(peers)) {
      const mistake = (message: string): void => context.addIssue({ code: 'custom', path: ['peers', name], message });
      if ((dicomweb === undefined) === (byDicom === undefined)) mistake('expected either "dicomweb" or "dicom"');
      if (byDicom && authorizationFile !== undefined) mistake('"authorizationFile" goes with "dicomweb"');
    }
    rules.forEach(({ peer: name }, index) => {
      if (!Object.hasOwn(peers, name))
        context.addIssue({ code: 'custom', path: ['rules', index, 'peer'], message: `there is no peer "${name}"` });
    });
  });

/** An archive that is asked: one of the two ways. */
export type PullPeer = z.infer<typeof peer>;
export type DicomwebPeer = PullPeer & { dicomweb: string };
export type DicomPeer = PullPeer & { dicom: z.infer<typeof dicom> };

export const isDicomweb = (one: PullPeer): one is DicomwebPeer => one.dicomweb !== undefined;
export const isDicomPeer = (one: PullPeer): one is DicomPeer => one.dicom !== undefined;

/** How a connection to it is encrypted; undefined where nothing says so. */
export const tlsOf = ({ authorities, certificate, key }: PullPeer): TlsFiles | undefined =>
  authorities === undefined && certificate === undefined ? undefined : { authorities, certificate, key };

/** What is fetched from it, and when. */
export type PullRule = z.infer<typeof rule>;

export interface PullRules {
  readonly peers: Readonly<Record<string, PullPeer>>;
  readonly rules: readonly PullRule[];
}

/** @throws INVALID_CONFIG naming the file and every mistake */
export function readPullRules(file: string): PullRules {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new SulcusError('INVALID_CONFIG', `The rules ${file} cannot be read: ${(error as Error).message}`);
  }
  const result = schema.safeParse(parsed);
  if (result.success) return result.data;
  const mistakes = result.error.issues.map(({ path, message }) => `${path.join('.') || 'rules'}: ${message}`);
  throw new SulcusError('INVALID_CONFIG', `The rules ${file} are wrong: ${mistakes.join('; ')}`);
}

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** Whether a rule may fetch at a moment, by the clock of this machine. */
export function isOpen({ between }: Pick<PullRule, 'between'>, at: Date): boolean {
  if (!between) return true;
  const [from, to] = between.map(minutesOf) as [number, number];
  const now = at.getHours() * 60 + at.getMinutes();
  return from <= to ? now >= from && now < to : now >= from || now < to;
}

/** Study dates of a rule as DICOM has a range, for example `20260101-20260102`. */
export function datesOf({ days }: Pick<PullRule, 'days'>, at: Date): string {
  const first = new Date(at);
  first.setDate(first.getDate() - days);
  return `${dateOf(first)}-${dateOf(at)}`;
}

const dateOf = (at: Date): string =>
  `${at.getFullYear()}${String(at.getMonth() + 1).padStart(2, '0')}${String(at.getDate()).padStart(2, '0')}`;

/** Whether a series is one of a rule, by what the archive says of it; one that names no body part may be. */
export function isOfRule(
  { modality, bodyPart }: Pick<PullRule, 'modality' | 'bodyPart'>,
  series: { modality: string; bodyPart: string },
): boolean {
  const part = series.bodyPart.toUpperCase();
  return series.modality === modality && (bodyPart === undefined || part === '' || part === bodyPart.toUpperCase());
}
