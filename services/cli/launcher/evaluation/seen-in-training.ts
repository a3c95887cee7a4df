import { followScanHashes, type Bus } from '#libs/bus';
import { PictureIndex } from '#libs/imaging';

/**
 * Samples of the test split whose picture is in the training split too, in another encoding or size: what is measured
 * on them is too good. The same file cannot be in both, for it is one sample.
 *
 * @returns ids of samples
 */
export async function seenInTraining(bus: Bus, signal: AbortSignal): Promise<Set<string>> {
  const training = new PictureIndex<string>();
  const tests: { sampleId: string; hash: Uint8Array }[] = [];
  for await (const { sampleId, split, hash } of followScanHashes(bus, { signal, storedOnly: true })) {
    if (split === 'SPLIT_TRAIN') training.add(sampleId, hash, sampleId);
    if (split === 'SPLIT_TEST') tests.push({ sampleId, hash });
  }
  return new Set(tests.filter(({ hash }) => training.find(hash)).map(({ sampleId }) => sampleId));
}
