import { readSecretFile } from '#libs/access';
import { mapInOrder } from '#libs/async';
import { SulcusError } from '#libs/errors';
import { httpGet, readBody, readParts, type Part } from '#libs/http';
import type { Archive, ArchivedSeries, PulledObjects } from './archive.js';
import { datesOf, isOfRule, tlsOf, type DicomwebPeer, type PullRule } from './rules.js';

/** An object of DICOM JSON (PS3.18 annex F). */
type DicomJson = Record<string, { Value?: unknown[] } | undefined>;

type Query = [name: string, value: string][];

/** Objects of a series that are under way at the same time. */
const WINDOW = 4;
const PAGE = 100;
const MAX_PAGE_BYTES = 16 << 20;

/** An archive, asked by DICOMweb: QIDO-RS to search (PS3.18 section 10.6), WADO-RS to fetch (section 10.4). */
export class DicomwebArchive implements Archive {
  readonly #peer: DicomwebPeer;

  constructor(peer: DicomwebPeer) {
    this.#peer = peer;
  }

  /** @throws as httpGet */
  async *find(rule: PullRule, at: Date, signal: AbortSignal): AsyncGenerator<ArchivedSeries, void, undefined> {
    const { modality } = rule;
    const ofRule: Query = [
      ['ModalitiesInStudy', modality],
      ['StudyDate', datesOf(rule, at)],
    ];
    // One field for each parameter: a list that is divided by commas is not understood everywhere.
    const wanted: Query = [
      ['Modality', modality],
      ['includefield', 'BodyPartExamined'],
      ['includefield', 'NumberOfSeriesRelatedInstances'],
    ];
    for await (const study of this.#search('studies', ofRule, signal)) {
      const studyUid = textOf(study, '0020000D');
      for await (const series of this.#search(`studies/${studyUid}/series`, wanted, signal)) {
        const said = { modality: textOf(series, '00080060'), bodyPart: textOf(series, '00180015') };
        if (!isOfRule(rule, said)) continue;
        const count = Number(series['00201209']?.Value?.[0]);
        const instances = Number.isFinite(count) ? count : undefined;
        yield { studyUid, seriesUid: textOf(series, '0020000E'), modality, instances };
      }
    }
  }

  /** @throws as httpGet */
  async fetch(series: ArchivedSeries, objects: PulledObjects, signal: AbortSignal): Promise<number> {
    let came = 0;
    const settled = mapInOrder(this.#parts(series, objects.maxObjectBytes, signal), WINDOW, async ({ bytes }) => {
      came++;
      await (bytes ? objects.take(bytes) : objects.tooLong());
    });
    for await (const _ of settled);
    return came;
  }

  /** The objects of a series, in whatever transfer syntax they are kept, one after the other. */
  async *#parts(
    { studyUid, seriesUid }: ArchivedSeries,
    maxPartBytes: number,
    signal: AbortSignal,
  ): AsyncGenerator<Part> {
    const response = await this.#get(
      `studies/${studyUid}/series/${seriesUid}`,
      'multipart/related; type="application/dicom"; transfer-syntax=*',
      signal,
    );
    if (!response) return;
    const [, quoted, plain] = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(response.headers['content-type'] ?? '') ?? [];
    const boundary = quoted ?? plain;
    if (boundary === undefined)
      throw new SulcusError('SERVICE_UNAVAILABLE', 'The archive sends no multipart/related body of objects');
    yield* readParts({ chunks: response as AsyncIterable<Buffer> }, boundary, { maxPartBytes });
  }

  async *#search(path: string, query: Query, signal: AbortSignal): AsyncGenerator<DicomJson, void, undefined> {
    for (let offset = 0; ; offset += PAGE) {
      const page = new URLSearchParams([...query, ['limit', String(PAGE)], ['offset', String(offset)]]);
      const response = await this.#get(`${path}?${page.toString()}`, 'application/dicom+json', signal);
      if (!response) return;
      const found = JSON.parse(
        (await readBody({ chunks: response as AsyncIterable<Buffer> }, MAX_PAGE_BYTES)).toString('utf8'),
      ) as DicomJson[];
      yield* found;
      if (found.length < PAGE) return;
    }
  }

  #get(path: string, accept: string, signal: AbortSignal): ReturnType<typeof httpGet> {
    const { dicomweb, authorizationFile } = this.#peer;
    const authorization = authorizationFile === undefined ? undefined : readSecretFile(authorizationFile);
    return httpGet(new URL(`${dicomweb.replace(/\/+$/, '')}/${path}`), {
      accept,
      tls: tlsOf(this.#peer),
      authorization,
      signal,
    });
  }
}

function textOf(object: DicomJson, tag: string): string {
  const value = object[tag]?.Value?.[0];
  return typeof value === 'string' ? value.trim() : '';
}
