import { randomBytes } from 'node:crypto';
import type { Msg } from '@nats-io/nats-core';
import { z } from 'zod';
import { ERROR_CODES, SulcusError, type ErrorCode } from '#libs/errors';
import { createLogger } from '#libs/telemetry';
import { SITE_REQUESTS } from '../accounts/permissions.js';
import { API_TIMEOUT_MS, type Connection } from '../connection/connection.js';
import { readerConfig, type ReaderPlace } from '../consumers/reader-config.js';
import { requestWithRetry, type RequestOptions } from '../connection/retry.js';
import { subjects, subjectToken } from '../topology.js';

const log = createLogger('bus');

/** Streams of which a site may read something. */
const LENT = ['SCANS', 'KV_archive'] as const;

/** What a site may ask of the core: a reader of what is its own; the end of a scan of its own that was withdrawn. */
const request = z.union([
  z.strictObject({
    reader: z.strictObject({
      stream: z.enum(LENT),
      subjects: z.array(z.string().max(512)).max(16),
      startSequence: z.number().int().min(1),
      startUnixMs: z.number().optional(),
      headersOnly: z.boolean().optional(),
    }),
  }),
  z.strictObject({ erase: z.strictObject({ sequence: z.number().int().min(1) }) }),
]);

type SiteRequest = z.infer<typeof request>;

/** A consumer at the broker, made for somebody. */
export interface Reader {
  name: string;
  /** Messages that it has to deliver. */
  pending: number;
}

/** Asks for a reader of what is the site's own. @throws BUS_UNAVAILABLE while nobody answers; PERMISSION_DENIED */
export async function askForReader(
  connection: Connection,
  stream: string,
  { subjects: wanted, ...place }: ReaderPlace,
): Promise<Reader> {
  if (!LENT.some((lent) => lent === stream))
    throw new SulcusError('PERMISSION_DENIED', `The broker does not let ${connection.user} read ${stream}`);
  const reader = { stream, ...place, subjects: [...wanted] };
  return (await ask(connection, { reader } as SiteRequest)) as Reader;
}

/** Asks for the end of a scan that was withdrawn. @throws BUS_UNAVAILABLE, PERMISSION_DENIED when it was not */
export async function askToErase(connection: Connection, sequence: number, options?: RequestOptions): Promise<void> {
  await requestWithRetry(
    connection,
    `Could not have scan ${sequence} erased`,
    () => ask(connection, { erase: { sequence } }),
    options,
  );
}

async function ask({ nats }: Connection, asked: SiteRequest): Promise<unknown> {
  const answer = await nats.request(SITE_REQUESTS, JSON.stringify(asked), { timeout: API_TIMEOUT_MS });
  const { error, ...result } = answer.json<{ error?: { code: string; message: string } }>();
  if (!error) return result;
  const code = Object.hasOwn(ERROR_CODES, error.code) ? (error.code as ErrorCode) : 'INTERNAL';
  throw new SulcusError(code, error.message);
}

export interface SiteAnswers {
  /** Erases a scan of a site if it was withdrawn. @throws PERMISSION_DENIED when it was not, or is not the site's */
  erase: (site: string, sequence: number) => Promise<void>;
  signal: AbortSignal;
}

/** Answers what sites ask for, until the signal aborts. Of several who do so one answers. */
export async function answerSites(connection: Connection, { erase, signal }: SiteAnswers): Promise<void> {
  const answerOne = async (message: Msg): Promise<void> => {
    const site = message.subject.slice(SITE_REQUESTS.length + 1);
    try {
      const parsed = request.safeParse(message.json());
      if (!parsed.success) throw new SulcusError('INVALID_ARGUMENT', 'This is nothing that a site can ask for');
      const asked = parsed.data;
      const answer =
        'erase' in asked ? await erase(site, asked.erase.sequence) : await makeReader(connection, site, asked.reader);
      message.respond(JSON.stringify(answer ?? {}));
    } catch (thrown) {
      const { code, rawMessage } = SulcusError.from(thrown);
      log.warn({ site, code, cause: rawMessage }, 'a site asked for something and does not get it');
      message.respond(JSON.stringify({ error: { code, message: rawMessage } }));
    }
  };
  const asked = connection.nats.subscribe(`${SITE_REQUESTS}.*`, { queue: 'sites' });
  signal.addEventListener('abort', () => asked.unsubscribe(), { once: true });
  if (signal.aborted) asked.unsubscribe();
  for await (const message of asked) void answerOne(message);
}

async function makeReader(
  connection: Connection,
  site: string,
  { stream, subjects: wanted, ...place }: Extract<SiteRequest, { reader: unknown }>['reader'],
): Promise<Reader> {
  const own = stream === 'SCANS' ? scansOf(site, wanted) : studyOf(wanted);
  // By its name alone a reader is read: it must be one that nobody else can guess.
  const name = `reader-${site}-${randomBytes(16).toString('hex')}`;
  const config = readerConfig(name, { ...place, subjects: own });
  const created = await connection.answer(connection.manager.consumers.add(stream, config));
  return { name, pending: created.num_pending };
}

/** Subjects of a site among those that are wanted; all of them where none is named. */
function scansOf(site: string, wanted: readonly string[]): string[] {
  const all = subjects.scan(subjectToken(site, 'Site'), '_').slice(0, -1);
  if (wanted.length === 0) return [`${all}*`];
  if (!wanted.every((subject) => subject.startsWith(all)))
    throw new SulcusError('PERMISSION_DENIED', `${site} may read its own scans alone`);
  return [...wanted];
}

/** The archived samples of one study: who knows its pseudonym may know them. */
function studyOf(wanted: readonly string[]): string[] {
  const isStudy = (subject: string): boolean => /^\$KV\.archive\.study\.[A-Za-z0-9_=-]{16,128}\.>$/.test(subject);
  if (wanted.length !== 1 || !isStudy(wanted[0]!))
    throw new SulcusError(
      'PERMISSION_DENIED',
      'A site may ask for the archived samples of one study, by its pseudonym',
    );
  return [...wanted];
}
