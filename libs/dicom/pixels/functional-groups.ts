import { DataSet } from '../data-set/data-set.js';
import { ATTRIBUTES, type Keyword } from '../data-set/dictionary.js';

/** Sequences of functional groups (PS3.3 C.7.6.16) whose one item holds what a classic image has at its top. */
const MACROS: readonly Keyword[] = [
  'PixelMeasuresSequence',
  'PlanePositionSequence',
  'PlaneOrientationSequence',
  'FrameVOILUTSequence',
  'PixelValueTransformationSequence',
  'MRImageFrameTypeSequence',
];

/** Makers add thousands of attributes of their own, which every frame would be given anew. */
const KNOWN: ReadonlySet<number> = new Set(Object.values(ATTRIBUTES).map(([tag]) => tag));

/**
 * The attributes that hold for one frame, as far as the dictionary knows them: those of the object, over them those of
 * its shared functional groups, over them the frame's own.
 *
 * @param index of the frame, from 0
 */
export function frameAttributes(dataSet: DataSet, index: number): DataSet {
  const [shared] = dataSet.items('SharedFunctionalGroupsSequence');
  const own = dataSet.items('PerFrameFunctionalGroupsSequence')[index];
  if (!shared && !own) return dataSet;
  const merged = new DataSet(dataSet.parent);
  copyKnown(dataSet, merged);
  for (const group of [shared, own]) for (const macro of group ? MACROS : []) copyKnown(group!.items(macro)[0], merged);
  return merged;
}

function copyKnown(from: DataSet | undefined, to: DataSet): void {
  if (!from) return;
  for (const tag of KNOWN) {
    const element = from.elements.get(tag);
    if (element) to.elements.set(tag, element);
  }
}
