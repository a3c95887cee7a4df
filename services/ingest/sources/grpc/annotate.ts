import type { ArchiveIndex } from '#libs/archive';
import { subjects, type Bus } from '#libs/bus';
import { codecs, type AnnotateRequest, type LabelEventInput } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import type { Handlers } from '#libs/rpc';
import type { StudyIndex } from '#libs/studies';
import { cleanLabel } from '../../pipeline/labels.js';
import { isPseudonym, type Pseudonyms } from '../../pipeline/pseudonyms.js';

export interface AnnotateContext {
  readonly bus: Bus;
  readonly site: string;
  readonly pseudonyms: Pseudonyms;
  readonly studies: StudyIndex;
  /** What has left SCANS can be labelled all the same. */
  readonly archive: ArchiveIndex;
}

type Annotation = AnnotateRequest['annotations'][number];

/** An annotation that can be stored if its target exists. */
type CheckedLabel = LabelEventInput & { label: string };

/** Targets named in an error; a batch may hold thousands. */
const MAX_NAMED = 10;

/**
 * Stores labels for samples and studies that were sent before. All of a request is stored or, when anything in it is
 * wrong, nothing.
 */
export const annotate =
  (context: AnnotateContext): Handlers<'Ingest'>['annotate'] =>
  async ({ annotations, site }, { signal, identity }) => {
    const ofSite = site === '' ? context.site : site;
    if (identity?.site !== undefined && identity.site !== ofSite)
      throw new SulcusError('PERMISSION_DENIED', `${identity.name} may not label for the site "${ofSite}"`);
    return { accepted: await storeLabels(context, annotations, { signal, site: ofSite }) };
  };

/**
 * @param options `site`: that the targets are of. Default: that of the context
 * @returns labels stored
 * @throws INVALID_ARGUMENT naming every mistake; NOT_FOUND naming unknown targets
 */
export async function storeLabels(
  context: AnnotateContext,
  annotations: readonly Annotation[],
  { signal, site = context.site }: { signal: AbortSignal; site?: string },
): Promise<number> {
  const labels = checkAll(annotations, { ...context, isOwn: site === context.site, site });
  await refuseUnknownTargets(annotations, labels, { ...context, site }, signal);
  for (const label of labels)
    await context.bus.publish(
      subjects.label(site),
      codecs.LabelEvent,
      { ...label, labelledUnixMs: Date.now() },
      { signal },
    );
  return labels.length;
}

/** Whose targets they are: of other sites they are named by pseudonyms, which are made there. */
type TargetContext = Pick<AnnotateContext, 'site' | 'pseudonyms'> & { isOwn: boolean };

/** @throws INVALID_ARGUMENT naming every mistake */
function checkAll(annotations: readonly Annotation[], context: TargetContext): CheckedLabel[] {
  const mistakes: string[] = [];
  const labels: CheckedLabel[] = [];
  annotations.forEach((annotation, index) => {
    try {
      labels.push({
        ...target(annotation, context),
        label: requiredLabel(annotation.label),
        labelSource: cleanLabel(annotation.labelSource) || 'unknown',
        site: context.site,
      });
    } catch (error) {
      mistakes.push(`annotation ${index + 1}: ${SulcusError.from(error).rawMessage}`);
    }
  });
  if (annotations.length === 0) mistakes.push('there are no annotations');
  if (mistakes.length > 0) throw new SulcusError('INVALID_ARGUMENT', mistakes.join('; '), { details: { mistakes } });
  return labels;
}

function target(
  annotation: Annotation,
  { site, pseudonyms, isOwn }: TargetContext,
): Pick<LabelEventInput, 'sampleId' | 'studyId' | 'target'> {
  if (annotation.target === 'sampleId') {
    const sampleId = annotation.sampleId!.trim().toLowerCase();
    if (!/^[0-9a-f]{64}$/.test(sampleId))
      throw new SulcusError('INVALID_ARGUMENT', 'a sample id is 64 hexadecimal digits, as acknowledged at upload');
    return { sampleId, target: 'sampleId' };
  }
  if (annotation.target === 'studyPseudonym') {
    const studyId = annotation.studyPseudonym!;
    if (!isPseudonym(studyId, site))
      throw new SulcusError('INVALID_ARGUMENT', `the study is named by no pseudonym of the site "${site}"`);
    return { studyId, target: 'studyId' };
  }
  if (!isOwn)
    throw new SulcusError('INVALID_ARGUMENT', `studies of the site "${site}" are named by the pseudonyms made there`);
  const studyId = pseudonyms.study(annotation.studyId);
  if (studyId === undefined) throw new SulcusError('INVALID_ARGUMENT', 'neither a sample id nor a study id is given');
  return { studyId, target: 'studyId' };
}

function requiredLabel(text: string): string {
  const label = cleanLabel(text);
  if (label === '') throw new SulcusError('INVALID_ARGUMENT', 'the label is empty');
  return label;
}

const nameOf = ({ studyId, studyPseudonym }: Annotation): string => studyPseudonym || (studyId ?? '');

/** @throws NOT_FOUND naming the targets as the caller gave them */
async function refuseUnknownTargets(
  annotations: readonly Annotation[],
  labels: readonly CheckedLabel[],
  context: AnnotateContext,
  signal: AbortSignal,
): Promise<void> {
  const unknown: string[] = [];
  for (const [index, { sampleId, studyId }] of labels.entries()) {
    const known = sampleId ? await isSample(sampleId, context) : await isStudy(studyId!, context, signal);
    if (!known) unknown.push(sampleId ? `sample ${sampleId}` : `study ${nameOf(annotations[index]!)}`);
  }
  if (unknown.length === 0) return;
  const named =
    unknown.slice(0, MAX_NAMED).join(', ') +
    (unknown.length > MAX_NAMED ? ` and ${unknown.length - MAX_NAMED} more` : '');
  throw new SulcusError(
    'NOT_FOUND',
    `Not known at site ${context.site}: ${named}. Send the images first; nothing of this request was stored`,
  );
}

async function isSample(sampleId: string, { bus, site, archive }: AnnotateContext): Promise<boolean> {
  if (await bus.getLast('SCANS', subjects.scan(site, sampleId), codecs.Scan)) return true;
  return (await archive.get(sampleId))?.site === site;
}

async function isStudy(studyId: string, { studies, archive }: AnnotateContext, signal: AbortSignal): Promise<boolean> {
  if (await studies.has(studyId, signal)) return true;
  return (await archive.samplesOfStudy(studyId)).length > 0;
}
