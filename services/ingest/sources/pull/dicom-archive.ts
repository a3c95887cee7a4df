import type { DataSet } from '#libs/dicom';
import { findMatches, getSeries, moveSeries, type ArchiveCall } from '#libs/dimse';
import { SulcusError } from '#libs/errors';
import { answerTo } from '../dicom/answer-to.js';
import type { Archive, ArchivedSeries, PulledObjects } from './archive.js';
import { datesOf, isOfRule, tlsOf, type DicomPeer, type PullRule } from './rules.js';

/** An archive that says nothing for so long is given up. */
const SILENCE_MS = 5 * 60_000;
/** Objects that are named in one request. */
const UIDS_AT_ONCE = 500;
/** Studies whose series are asked for on one association. */
const STUDIES_AT_ONCE = 100;

/** Storage classes in which a modality makes images; what comes in others is uncompressed. */
const CLASSES: Readonly<Record<string, readonly string[]>> = {
  MR: ['1.2.840.10008.5.1.4.1.1.4', '1.2.840.10008.5.1.4.1.1.4.1', '1.2.840.10008.5.1.4.1.1.4.4'],
  CT: ['1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.5.1.4.1.1.2.1', '1.2.840.10008.5.1.4.1.1.2.2'],
  PT: ['1.2.840.10008.5.1.4.1.1.128', '1.2.840.10008.5.1.4.1.1.130'],
  CR: ['1.2.840.10008.5.1.4.1.1.1'],
  DX: ['1.2.840.10008.5.1.4.1.1.1.1'],
  MG: ['1.2.840.10008.5.1.4.1.1.1.2'],
};

/** An archive, asked by C-FIND, whose series come by C-MOVE or C-GET (PS3.4 annex C). */
export class DicomArchive implements Archive {
  readonly #peer: DicomPeer;
  /** Our own. */
  readonly #title: string;

  constructor(peer: DicomPeer, title: string) {
    this.#peer = peer;
    this.#title = title;
  }

  /** @throws SERVICE_UNAVAILABLE */
  async *find(rule: PullRule, at: Date, signal: AbortSignal): AsyncGenerator<ArchivedSeries, void, undefined> {
    const { modality } = rule;
    const keys = { StudyDate: datesOf(rule, at), ModalitiesInStudy: modality, StudyInstanceUID: '' };
    const [studies = []] = await findMatches(this.#call(signal), [{ level: 'STUDY', keys }]);
    const uids = [...new Set(studies.map((study) => study.text('StudyInstanceUID')))].filter((uid) => uid !== '');
    for (let start = 0; start < uids.length; start += STUDIES_AT_ONCE) {
      const some = uids.slice(start, start + STUDIES_AT_ONCE);
      const found = await findMatches(
        this.#call(signal),
        some.map((studyUid) => ({
          level: 'SERIES',
          keys: { ...SERIES_KEYS, Modality: modality, StudyInstanceUID: studyUid },
        })),
      );
      for (const [index, ofStudy] of found.entries())
        for (const series of ofStudy) if (isOfRule(rule, saidOf(series))) yield archived(some[index]!, series);
    }
  }

  /** @throws SERVICE_UNAVAILABLE saying what did not come; what the pipeline throws */
  async fetch(series: ArchivedSeries, objects: PulledObjects, signal: AbortSignal): Promise<number> {
    return await (this.#peer.dicom.retrieve === 'get'
      ? this.#get(series, objects, signal)
      : this.#move(series, objects, signal));
  }

  async #get(series: ArchivedSeries, objects: PulledObjects, signal: AbortSignal): Promise<number> {
    let settled = 0;
    const { failed } = await getSeries(this.#call(signal), series, CLASSES[series.modality] ?? [], {
      maxObjectBytes: objects.maxObjectBytes,
      onObject: ({ bytes, ...said }) => {
        const settling = objects.take(bytes, said);
        // What must not leave is in the quarantine: it came, and some archives end with what is refused.
        return answerTo(
          settling.then(() => {
            settled++;
            return [];
          }),
        );
      },
    });
    const lacking = Math.max(failed, (series.instances ?? 0) - settled);
    if (lacking > 0) throw notAll(`${lacking} objects of a series did not come by C-GET, ${settled} did`);
    return settled;
  }

  /**
   * The objects come by the door that is open to all senders: what came is looked up by its UID. An archive that ends
   * with the first object that we refuse is asked for the others.
   */
  async #move(series: ArchivedSeries, objects: PulledObjects, signal: AbortSignal): Promise<number> {
    const call = this.#call(signal);
    const keys = { StudyInstanceUID: series.studyUid, SeriesInstanceUID: series.seriesUid, SOPInstanceUID: '' };
    const [found = []] = await findMatches(call, [{ level: 'IMAGE', keys }]);
    const uids = [...new Set(found.map((object) => object.text('SOPInstanceUID')))];
    let lacking = await missing(uids, objects);
    while (lacking.length > 0) {
      const some = lacking.length === uids.length ? {} : { sopInstanceUids: lacking.slice(0, UIDS_AT_ONCE) };
      const { failed, refusal } = await moveSeries(call, { ...series, ...some }, this.#title);
      const before = lacking.length;
      lacking = await missing(uids, objects);
      if (lacking.length < before) continue;
      if (refusal) throw refusal;
      throw notAll(
        `${lacking.length} of ${uids.length} objects of a series did not come by C-MOVE` +
          (failed > 0
            ? `: it counts ${failed} failures`
            : ', and it says that all is well: does it know where we listen?'),
      );
    }
    return uids.length;
  }

  #call(signal: AbortSignal): ArchiveCall {
    return {
      peer: this.#peer.dicom.peer,
      callingTitle: this.#title,
      timeoutMs: SILENCE_MS,
      tls: tlsOf(this.#peer),
      signal,
    };
  }
}

async function missing(uids: readonly string[], objects: PulledObjects): Promise<string[]> {
  const known = await objects.known(uids);
  return uids.filter((uid) => !known.has(uid));
}

const SERIES_KEYS = { SeriesInstanceUID: '', BodyPartExamined: '', NumberOfSeriesRelatedInstances: '' } as const;

const saidOf = (series: DataSet): { modality: string; bodyPart: string } => ({
  modality: series.text('Modality'),
  bodyPart: series.text('BodyPartExamined'),
});

function archived(studyUid: string, series: DataSet): ArchivedSeries {
  const count = series.text('NumberOfSeriesRelatedInstances');
  return {
    studyUid,
    seriesUid: series.text('SeriesInstanceUID'),
    modality: series.text('Modality'),
    instances: /^\d+$/.test(count) ? Number(count) : undefined,
  };
}

const notAll = (message: string): SulcusError => new SulcusError('SERVICE_UNAVAILABLE', message);
