import type { SamplesWaiting } from '#libs/contracts';

/** Images that wait for a label of the class list. */
export const waitingCount = ({ unlabelled, unknownLabels }: SamplesWaiting): number =>
  Object.values(unknownLabels).reduce((sum, count) => sum + count, unlabelled);

/** The same as a sentence; undefined when none waits. */
export function describeWaiting(waiting: SamplesWaiting): string | undefined {
  const { unlabelled, unknownLabels, newClassSamples } = waiting;
  const parts = [
    ...(unlabelled === 0 ? [] : [`${unlabelled} images without a label`]),
    ...Object.entries(unknownLabels).map(([label, count]) => describeUnknown(label, count, newClassSamples)),
  ];
  return parts.length === 0 ? undefined : parts.join('; ');
}

/** For example `12 images of "astrocytoma", which is not in the class list: from 50 the network learns it`. */
export const describeUnknown = (label: string, count: number, newClassSamples: number): string =>
  `${count} images of "${label}", which is not in the class list: ` +
  (newClassSamples > 0 ? `from ${newClassSamples} the network learns it` : 'they are not learned from');
