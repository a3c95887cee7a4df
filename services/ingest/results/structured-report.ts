import { dataSetOf, sequenceElement, textElement, type DataSet, type Element } from '#libs/dicom';
import { codeItem, commonModules, emptySequence, type Code } from './common-modules.js';
import { content, imageReference } from './content-items.js';
import { DEVICE, DISCLAIMER, uidOf, uidOfUuid, type ReferencedImage, type StudyResult } from './result.js';

const COMPREHENSIVE_SR = '1.2.840.10008.5.1.4.1.1.88.33';
const SERIES_NUMBER = 9901;

const dcm = (value: string, meaning: string): Code => ({ value, scheme: 'DCM', meaning });
const SCHEME = '99SULCUS';
const ours = (value: string, meaning: string): Code => ({ value, scheme: SCHEME, meaning });

const PROCEDURES: Readonly<Record<string, Code>> = {
  MR: { value: '113091000', scheme: 'SCT', meaning: 'Magnetic resonance imaging' },
  CT: { value: '77477000', scheme: 'SCT', meaning: 'Computed tomography' },
};
const IMAGING: Code = { value: '363679005', scheme: 'SCT', meaning: 'Imaging' };

const DECISIONS: Readonly<Record<string, Code>> = {
  STUDY_DECISION_FINDING: ours('finding', 'Finding'),
  STUDY_DECISION_NO_FINDING: ours('no-finding', 'No finding'),
  STUDY_DECISION_ABSTAINED: ours('abstained', 'Abstained'),
  STUDY_DECISION_UNSPECIFIED: ours('undecided', 'Undecided'),
};

/** Measured values of one slice are given for as many as the aggregation looked at, and no more. */
const MAX_SLICES_MEASURED = 64;

/**
 * A prediction as a Comprehensive SR after template TID 1500 (PS3.16): measurements by a device, unverified, that
 * refer to the site's own images. The same prediction gives the same object; a revision names its predecessor.
 */
export function structuredReport(result: StudyResult): DataSet {
  const { prediction, study } = result;
  const own = {
    sopClassUid: COMPREHENSIVE_SR,
    sopInstanceUid: uidOfUuid(prediction.studyPredictionId),
    ...{ modality: 'SR', seriesNumber: SERIES_NUMBER, what: 'report' },
  };
  const images = [...result.images.values()];
  return dataSetOf([
    ...commonModules(result, own),
    emptySequence('ReferencedPerformedProcedureStepSequence'),
    emptySequence('PerformedProcedureCodeSequence'),
    textElement('CompletionFlag', 'COMPLETE'),
    textElement('VerificationFlag', 'UNVERIFIED'),
    sequenceElement('CodingSchemeIdentificationSequence', [
      dataSetOf([textElement('CodingSchemeDesignator', SCHEME), textElement('CodingSchemeName', 'sulcus')]),
    ]),
    sequenceElement('CurrentRequestedProcedureEvidenceSequence', [evidence(study.attributes.StudyInstanceUID, images)]),
    ...predecessor(result, own),
    textElement('ValueType', 'CONTAINER'),
    sequenceElement('ConceptNameCodeSequence', [dataSetOf(codeItem(dcm('126000', 'Imaging Measurement Report')))]),
    textElement('ContinuityOfContent', 'SEPARATE'),
    sequenceElement('ContentTemplateSequence', [
      dataSetOf([textElement('MappingResource', 'DCMR'), textElement('TemplateIdentifier', '1500')]),
    ]),
    sequenceElement('ContentSequence', [
      content.code('HAS CONCEPT MOD', dcm('121049', 'Language of Content Item and Descendants'), {
        ...{ value: 'en', scheme: 'RFC5646', meaning: 'English' },
      }),
      ...observer(prediction.modelVersion),
      content.code('HAS CONCEPT MOD', dcm('121058', 'Procedure reported'), PROCEDURES[result.modality] ?? IMAGING),
      content.container('CONTAINS', dcm('111028', 'Image Library'), [
        content.container(
          'CONTAINS',
          dcm('126200', 'Image Library Group'),
          images.map((image) => content.image('CONTAINS', image)),
        ),
      ]),
      content.container('CONTAINS', dcm('126010', 'Imaging Measurements'), [ofStudy(result), ...ofSlices(result)]),
    ]),
  ]);
}

function observer(modelVersion: string): DataSet[] {
  return [
    content.code('HAS OBS CONTEXT', dcm('121005', 'Observer Type'), dcm('121007', 'Device')),
    content.uid('HAS OBS CONTEXT', dcm('121012', 'Device Observer UID'), DEVICE.uid),
    content.text('HAS OBS CONTEXT', dcm('121013', 'Device Observer Name'), 'sulcus'),
    content.text('HAS OBS CONTEXT', dcm('121014', 'Device Observer Manufacturer'), DEVICE.manufacturer),
    content.text('HAS OBS CONTEXT', dcm('121015', 'Device Observer Model Name'), modelVersion),
  ];
}

/** A measurement group (TID 1501) of the whole study. */
function ofStudy({ prediction }: StudyResult): DataSet {
  const { probabilities, anyFinding, uncertainty, decision, summary, studyPredictionId } = prediction;
  return content.container('CONTAINS', dcm('125007', 'Measurement Group'), [
    content.text('HAS OBS CONTEXT', dcm('112039', 'Tracking Identifier'), 'study'),
    content.uid('HAS OBS CONTEXT', dcm('112040', 'Tracking Unique Identifier'), uidOf('study', studyPredictionId)),
    content.code('CONTAINS', dcm('121071', 'Finding'), DECISIONS[decision] ?? DECISIONS['STUDY_DECISION_UNSPECIFIED']!),
    ...probabilities.map(({ className, probability }) =>
      content.ratio('CONTAINS', probabilityOf(className), probability),
    ),
    ...(anyFinding
      ? [content.ratio('CONTAINS', ours('p-any', 'Probability of any finding'), anyFinding.probability)]
      : []),
    ...(uncertainty ? [content.ratio('CONTAINS', ours('entropy', 'Relative entropy'), uncertainty.entropy)] : []),
    content.text('CONTAINS', dcm('121106', 'Comment'), `${DISCLAIMER}. ${summary}`),
  ]);
}

/** A measurement group of each slice that the aggregation looked at. */
function ofSlices({ prediction, images }: StudyResult): DataSet[] {
  const classes = prediction.probabilities.map(({ className }) => className);
  const looked = prediction.slices.filter(
    ({ used, sampleId, probabilities }) => used && probabilities.length > 0 && images.has(sampleId),
  );
  return looked
    .slice(0, MAX_SLICES_MEASURED)
    .map((slice, index) =>
      content.container('CONTAINS', dcm('125007', 'Measurement Group'), [
        content.text('HAS OBS CONTEXT', dcm('112039', 'Tracking Identifier'), `slice ${index + 1}`),
        content.uid(
          'HAS OBS CONTEXT',
          dcm('112040', 'Tracking Unique Identifier'),
          uidOf('slice', prediction.studyPredictionId, slice.sampleId),
        ),
        ...slice.probabilities.map((probability, at) =>
          content.ratio('CONTAINS', probabilityOf(classes[at] ?? String(at)), probability, [
            content.image('INFERRED FROM', images.get(slice.sampleId)!),
          ]),
        ),
      ]),
    );
}

const probabilityOf = (className: string): Code => ours(`p-${className}`.slice(0, 16), `Probability of ${className}`);

/** What the report was made from, by series (PS3.3 table C.17-3). */
function evidence(studyUid: string, images: readonly ReferencedImage[]): DataSet {
  const bySeries = new Map<string, Map<string, ReferencedImage>>();
  for (const image of images) {
    const series = bySeries.get(image.object.seriesUid) ?? new Map<string, ReferencedImage>();
    // An object stands once, whichever of its frames were looked at.
    series.set(image.object.sopInstanceUid, { ...image, frame: undefined });
    bySeries.set(image.object.seriesUid, series);
  }
  const series = [...bySeries].map(([uid, objects]) =>
    dataSetOf([
      textElement('SeriesInstanceUID', uid),
      sequenceElement('ReferencedSOPSequence', [...objects.values()].map(imageReference)),
    ]),
  );
  return dataSetOf([textElement('StudyInstanceUID', studyUid), sequenceElement('ReferencedSeriesSequence', series)]);
}

function predecessor({ prediction, study }: StudyResult, own: { sopClassUid: string; what: string }): Element[] {
  if (prediction.supersedes === '') return [];
  const studyUid = study.attributes.StudyInstanceUID;
  const reference = [
    textElement('ReferencedSOPClassUID', own.sopClassUid),
    textElement('ReferencedSOPInstanceUID', uidOfUuid(prediction.supersedes)),
  ];
  const series = dataSetOf([
    textElement('SeriesInstanceUID', uidOf('series', own.what, studyUid)),
    sequenceElement('ReferencedSOPSequence', [dataSetOf(reference)]),
  ]);
  const item = dataSetOf([
    textElement('StudyInstanceUID', studyUid),
    sequenceElement('ReferencedSeriesSequence', [series]),
  ]);
  return [sequenceElement('PredecessorDocumentsSequence', [item])];
}
