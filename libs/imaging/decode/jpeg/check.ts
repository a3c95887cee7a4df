import { SulcusError } from '#libs/errors';
import { LIMITS } from '#libs/limits';
import { CodedBlocks } from './coded-blocks.js';
import { codedData } from './coded-data.js';
import { readFrame } from './frame.js';
import type { JpegSurvey } from './survey.js';

const unsupported = (what: string): SulcusError =>
  new SulcusError('IMAGE_UNSUPPORTED', `The JPEG ${what}: send it as a baseline or progressive JPEG of 8 bits`);
const truncated = (why: string): SulcusError =>
  new SulcusError('IMAGE_TRUNCATED', `The jpeg ends too early or is damaged (${why})`, { details: { format: 'jpeg' } });

/** Baseline, extended and progressive, with Huffman or arithmetic coding. */
const SUPPORTED_FRAMES = [0xc0, 0xc1, 0xc2, 0xc9, 0xca];

const FRAME_NAMES: Readonly<Record<number, string>> = {
  0xc3: 'is lossless (SOF3)',
  0xc5: 'is hierarchical (SOF5)',
  0xc6: 'is hierarchical (SOF6)',
  0xc7: 'is hierarchical and lossless (SOF7)',
  0xcb: 'is lossless with arithmetic coding (SOF11)',
  0xcd: 'is hierarchical with arithmetic coding (SOF13)',
  0xce: 'is hierarchical with arithmetic coding (SOF14)',
  0xcf: 'is hierarchical and lossless with arithmetic coding (SOF15)',
};

/** Coded data of an ordinary picture hold no such run of zero bytes; those of a black one may. */
const MANY_ZEROS = 256;

/**
 * One rule for every decoder: what is accepted is decoded to its end by each of them, to the same size.
 *
 * @throws IMAGE_UNSUPPORTED naming what is not supported, IMAGE_TOO_LARGE for more scans than any encoder makes,
 *   IMAGE_TRUNCATED for a file whose end is missing
 */
export function checkJpeg(bytes: Buffer, survey: JpegSurvey): void {
  const { frame, precision, sampling, scans, height } = survey;
  if (frame === undefined) throw truncated('it has no frame header');
  if (!SUPPORTED_FRAMES.includes(frame)) throw unsupported(FRAME_NAMES[frame] ?? 'has a frame of an unknown kind');
  if (precision !== 8) throw unsupported(`has ${precision} bits per channel`);
  if (height === 0 && survey.definesLinesLate) throw unsupported('gives its height after its first scan (DNL)');
  checkSampling(sampling);
  if (scans > LIMITS.jpegScans.value)
    throw new SulcusError('IMAGE_TOO_LARGE', `The JPEG has ${scans} scans, the limit is ${LIMITS.jpegScans.value}`, {
      details: { scans, maxScans: LIMITS.jpegScans.value },
    });
  if (!survey.isEnded) throw truncated('its end marker is missing');
  if (survey.zeros >= MANY_ZEROS && hasUnusedData(bytes)) throw truncated(`${survey.zeros} zero bytes in its data`);
}

function checkSampling(sampling: JpegSurvey['sampling']): void {
  const widest = Math.max(...sampling.map(([across]) => across));
  const highest = Math.max(...sampling.map(([, down]) => down));
  for (const [across, down] of sampling) {
    if (across < 1 || across > 4 || down < 1 || down > 4)
      throw unsupported(`has sampling factors of ${across} x ${down}; they are 1 to 4`);
    if (widest % across !== 0 || highest % down !== 0)
      throw unsupported(`has a component sampled ${across} x ${down} beside one of ${widest} x ${highest}`);
  }
}

/**
 * Whether the blocks of a sequential JPEG do not take up its data: a hole of zeros decodes as many flat blocks, the
 * picture is full before the data ends, and a decoder that has its pixels does not look further. False for files that
 * only a general decoder reads.
 */
function hasUnusedData(jpeg: Buffer): boolean {
  const frame = readFrame(jpeg);
  const coded = frame && codedData(jpeg, frame.dataFrom);
  if (!frame || !coded) return false;
  const { luma, chroma, restartInterval } = frame;
  const units = Math.ceil(frame.width / (8 * luma.across)) * Math.ceil(frame.height / (8 * luma.down));
  const perPart = restartInterval || units;
  // Blocks of a unit, in their order.
  const order = [luma, ...chroma].flatMap((component) =>
    Array.from({ length: component.across * component.down }, () => component),
  );
  const blocks = new CodedBlocks(coded.bytes);
  const coefficients = new Int32Array(64);
  for (let part = 0, unit = 0; part < coded.starts.length; part++) {
    blocks.restart(coded.starts[part]!);
    for (const end = Math.min(unit + perPart, units); unit < end; unit++) {
      for (const component of order) {
        blocks.forgetDifference();
        if (blocks.read(component, coefficients) < 0 || blocks.unusedBits(coded.ends[part]!) < 0) return true;
        coefficients.fill(0);
      }
    }
    if (blocks.unusedBits(coded.ends[part]!) >= 8) return true;
  }
  return false;
}
