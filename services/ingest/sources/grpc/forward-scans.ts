import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { mapInOrder, Sequencer } from '#libs/async';
import type { ForwardedScan, Scan } from '#libs/contracts';
import { readDicom, type DataSet } from '#libs/dicom';
import { SulcusError } from '#libs/errors';
import { detectFormat } from '#libs/imaging';
import type { Handlers } from '#libs/rpc';
import { withSpan } from '#libs/telemetry';
import type { Ingestor } from '../../pipeline/ingestor.js';
import { cleanLabel } from '../../pipeline/labels.js';
import type { IngestOutcome } from '../../pipeline/outcome.js';
import type { PreparedScan } from '../../pipeline/prepare-scan.js';
import { isPseudonym } from '../../pipeline/pseudonyms.js';
import { SPLITS, type AssignedSplit } from '../../pipeline/splits.js';
import { toAck, UPLOAD_WINDOW } from './upload-input.js';
import { requireOwnSite } from './caller-site.js';
import { wholeScans } from './whole-scans.js';
import type { UploadRoom } from './upload-room.js';

export interface ForwardContext {
  readonly ingestor: Ingestor;
  readonly room: UploadRoom;
  readonly config: { readonly maxFileBytes: number; readonly maxPixels: number };
}

/** Bytes of a perceptual hash. */
const HASH_BYTES = 256;
const MAX_SOURCE_CHARS = 1024;
/** The last time that a Date can be (ECMA-262, 21.4.1.1). */
const MAX_TIME_MS = 8.64e15;

/**
 * Bidirectional: samples that an edge has validated and de-identified, each acknowledged once it is durable. An edge is
 * believed what it says of a patient, and not that its bytes are what they are called: those are looked at again.
 */
export function forwardScans({ ingestor, room, config }: ForwardContext): Handlers<'Ingest'>['forwardScans'] {
  return async function* (requests, { signal, identity }) {
    // One listener for each sample under way is the normal case, not a leak.
    setMaxListeners(0, signal);
    const sequencer = new Sequencer();
    yield* mapInOrder(admitted(), UPLOAD_WINDOW, async ({ message, release }) => {
      const name = message.scan?.sampleId ?? '';
      const outcome = await settle(message, sequencer.next()).finally(release);
      return toAck(name, outcome);
    });

    async function* admitted(): AsyncGenerator<{ message: ForwardedScan; release: () => void }> {
      for await (const message of wholeScans(requests, config.maxFileBytes))
        yield { message, release: await room.acquire(message.scan?.image?.inline?.byteLength ?? 0, signal) };
    }

    async function settle(message: ForwardedScan, ticket: ReturnType<Sequencer['next']>): Promise<IngestOutcome> {
      const { traceparent } = message;
      return await withSpan('take in from edge', { kind: 'server', parent: traceparent }, async () => {
        try {
          const scan = await checkedScan(message, identity?.site, config);
          return await ingestor.ingestPrepared(scan, { signal, ticket });
        } catch (thrown) {
          ticket.release();
          const error = SulcusError.from(thrown);
          if (error.code !== 'INVALID_ARGUMENT' && error.code !== 'HASH_MISMATCH') throw error;
          // Nothing of it can be believed: it stays with who sent it, who keeps it with the cause.
          return { kind: 'rejected', source: message.scan?.source ?? '', error };
        }
      });
    }
  };
}

/** @throws INVALID_ARGUMENT, HASH_MISMATCH; PERMISSION_DENIED for the scan of another site */
async function checkedScan(
  { scan, perceptualHash, splitByIdentity }: ForwardedScan,
  callerSite: string | undefined,
  limits: ForwardContext['config'],
): Promise<PreparedScan> {
  const bytes = scan?.image?.inline;
  if (!scan || !bytes) throw wrong('the scan carries no image');
  const { sampleId, site, split, width, height, channels, format } = scan;
  requireOwnSite(site, callerSite);
  if (bytes.length > limits.maxFileBytes) throw wrong(`the image has more than ${limits.maxFileBytes} bytes`);
  if (createHash('sha256').update(bytes).digest('hex') !== sampleId)
    throw new SulcusError('HASH_MISMATCH', `The image of sample ${sampleId.slice(0, 64)} has another hash`);
  if (!SPLITS.includes(split as AssignedSplit)) throw wrong('the scan is on no split');
  for (const [what, pseudonym] of [
    ['patient', scan.patientId],
    ['study', scan.studyId],
  ] as const)
    if (pseudonym !== '' && !isPseudonym(pseudonym, site)) throw wrong(`the ${what} is no pseudonym of the site`);
  if (perceptualHash.length !== HASH_BYTES) throw wrong(`the perceptual hash has ${perceptualHash.length} bytes`);
  if (!(width > 0 && height > 0 && width * height <= limits.maxPixels && (channels === 1 || channels === 3)))
    throw wrong(`an image of ${width} x ${height} x ${channels} is not taken in`);
  checkTexts(scan);
  if (format === 'dicom') await checkReleased(bytes, limits);
  else if (detectFormat(bytes) !== format) throw wrong(`the image is no ${format.slice(0, 16)}`);
  return {
    ...scan,
    label: cleanLabel(scan.label),
    split: split as AssignedSplit,
    dicom: scan.dicom ?? undefined,
    image: { inline: bytes },
    perceptualHash,
    isSplitByIdentity: splitByIdentity,
    askedSplits: [split as AssignedSplit],
  };
}

/** What is said of a sample travels in headers, and is shown to people. @throws INVALID_ARGUMENT */
function checkTexts({ source, dicom, receivedUnixMs }: Scan): void {
  if (source.length > MAX_SOURCE_CHARS) throw wrong(`its source has more than ${MAX_SOURCE_CHARS} characters`);
  if (receivedUnixMs > MAX_TIME_MS) throw wrong('it was received at no time that there is');
  for (const [name, value] of Object.entries(dicom ?? {}))
    if (typeof value === 'string' && !/^[\x20-\x7e]{0,64}$/.test(value)) throw wrong(`its ${name} is no code`);
}

/** @throws INVALID_ARGUMENT for an object that does not say that nobody is named in it */
async function checkReleased(bytes: Uint8Array, { maxFileBytes: maxBytes }: ForwardContext['config']): Promise<void> {
  let dataSet: DataSet;
  try {
    ({ dataSet } = await readDicom(bytes, { maxBytes }));
  } catch (error) {
    throw wrong(`the DICOM object cannot be read (${SulcusError.from(error).rawMessage})`);
  }
  if (dataSet.text('PatientIdentityRemoved') !== 'YES') throw wrong('the DICOM object is not de-identified');
  if ((dataSet.number('NumberOfFrames') ?? 1) > 1) throw wrong('the DICOM object holds several frames');
}

const wrong = (what: string): SulcusError =>
  new SulcusError('INVALID_ARGUMENT', `A forwarded scan is refused: ${what}`);
