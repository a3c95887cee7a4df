import type { SampleRef, Split, TensorBatch } from '#libs/contracts';

/** What a batch must be like to be the answer to a request. */
export interface ExpectedBatch {
  run: string;
  split: Split;
  epoch: number;
  transformHash: string;
  /** Of the pictures that the transform makes. */
  height: number;
  width: number;
  channels: number;
  /** In the order of the request. */
  samples: readonly SampleRef[];
}

/**
 * Why a batch that bears the identity of a request is not the answer to it; undefined: it is. Its samples are those of
 * the request, in their order and with their classes, but for those that it says could not be prepared; its pixels are
 * as many as these take.
 */
export function whyNoAnswer(batch: TensorBatch, expected: ExpectedBatch): string | undefined {
  for (const field of ['run', 'split', 'epoch', 'transformHash'] as const)
    if (batch[field] !== expected[field]) return `its ${field} is ${batch[field]}, not ${expected[field]}`;
  return whyOtherSamples(batch, expected) ?? whyOtherPixels(batch, expected);
}

function whyOtherSamples({ samples, dropped }: TensorBatch, expected: ExpectedBatch): string | undefined {
  const given = new Map(samples.map((sample) => [sample.scanSequence, sample]));
  const left = new Map(dropped.map((sample) => [sample.scanSequence, sample]));
  if (given.size !== samples.length) return 'it holds a sample twice';
  if (samples.length + left.size !== expected.samples.length)
    return `it accounts for ${samples.length + left.size} samples, ${expected.samples.length} were asked for`;
  let row = 0;
  for (const { scanSequence, sampleId, classIndex } of expected.samples) {
    const answer = given.get(scanSequence) ?? left.get(scanSequence);
    if (!answer) return `scan ${scanSequence} is missing, which was asked for`;
    if (answer.sampleId !== sampleId) return `scan ${scanSequence} is sample ${answer.sampleId}, not ${sampleId}`;
    if (!('classIndex' in answer)) continue;
    if (answer.classIndex !== classIndex)
      return `scan ${scanSequence} has class ${answer.classIndex}, not ${classIndex}`;
    if (samples[row++] !== answer) return 'its samples are in another order';
  }
  return undefined;
}

function whyOtherPixels(
  { samples, height, width, channels, pixels }: TensorBatch,
  expected: ExpectedBatch,
): string | undefined {
  if (samples.length === 0) return undefined;
  const [given, wanted] = [
    [height, width, channels],
    [expected.height, expected.width, expected.channels],
  ].map((size) => size.join('x'));
  if (given !== wanted) return `its images are ${given}, not ${wanted}`;
  const bytes = pixels?.blob?.sizeBytes ?? pixels?.inline?.length ?? 0;
  const wantedBytes = samples.length * height * width * channels;
  return bytes === wantedBytes ? undefined : `it has ${bytes} bytes of pixels, not ${wantedBytes}`;
}
