import type { DataSet } from '#libs/dicom';

/** Modality Performed Procedure Step (PS3.4 annex F.7). */
export const PERFORMED_PROCEDURE_STEP = '1.2.840.10008.3.1.2.3.3';

export type StepStatus = 'IN PROGRESS' | 'COMPLETED' | 'DISCONTINUED';

/** What a modality says of a step that it performs: at its beginning, or of what has become of it. */
export interface ProcedureStep {
  kind: 'create' | 'set';
  sopInstanceUid: string;
  /** Undefined in a change that says nothing of it. */
  status: StepStatus | undefined;
  /** Studies that it belongs to: said at its beginning. */
  studyUids: readonly string[];
  /** SOP instance UIDs of what it made. */
  objectUids: readonly string[];
}

/** What the modality is told (PS3.7 annex C); final: a step that has ended is not changed any more. */
export type StepAnswer = 'success' | 'exists' | 'unknown' | 'final';

const STATUSES: readonly string[] = ['IN PROGRESS', 'COMPLETED', 'DISCONTINUED'] satisfies StepStatus[];

/** @returns undefined for what is no step */
export function readStep(
  kind: ProcedureStep['kind'],
  sopInstanceUid: string,
  dataSet: DataSet,
): ProcedureStep | undefined {
  const status = dataSet.text('PerformedProcedureStepStatus');
  const studyUids = dataSet
    .items('ScheduledStepAttributesSequence')
    .map((item) => item.text('StudyInstanceUID'))
    .filter((uid) => uid !== '');
  const objectUids = dataSet
    .items('PerformedSeriesSequence')
    .flatMap((series) =>
      [...series.items('ReferencedImageSequence'), ...series.items('ReferencedNonImageCompositeSOPInstanceSequence')]
        .map((item) => item.text('ReferencedSOPInstanceUID'))
        .filter((uid) => uid !== ''),
    );
  const isKnown = STATUSES.includes(status);
  if (status !== '' && !isKnown) return undefined;
  if (kind === 'create' && (status !== 'IN PROGRESS' || studyUids.length === 0)) return undefined;
  return { kind, sopInstanceUid, status: isKnown ? (status as StepStatus) : undefined, studyUids, objectUids };
}
