import dimse from 'dcmjs-dimse';
import { dataSetOf, TRANSFER_SYNTAXES, textElement, type DataSet, type Keyword } from '#libs/dicom';
import { SulcusError } from '#libs/errors';
import { rawDataset } from './raw-dataset.js';
import { callPeer, type Answer, type Call, type CallOptions, type Receiving } from './scu.js';

/** Study root (PS3.4 annex C.6.2). */
const FIND = '1.2.840.10008.5.1.4.1.2.2.1';
const MOVE = '1.2.840.10008.5.1.4.1.2.2.2';
const GET = '1.2.840.10008.5.1.4.1.2.2.3';

/** Presentation contexts of an association, at most: odd numbers of a byte (PS3.8 section 9.3.2.2). */
const MAX_CONTEXTS = 128;
const UNCOMPRESSED = TRANSFER_SYNTAXES.filter(
  ({ isBigEndian, compression }) => !isBigEndian && compression === undefined,
);

/** How an archive is asked: `timeoutMs` without a word from it ends the association. */
export type ArchiveCall = Pick<CallOptions, 'peer' | 'callingTitle' | 'timeoutMs' | 'tls' | 'signal'>;

/** What is asked for: keys with their values, '' for those that are to be answered. */
export interface Query {
  level: 'STUDY' | 'SERIES' | 'IMAGE';
  keys: Partial<Record<Keyword, string>>;
}

/** A series, as C-MOVE and C-GET name it, or objects of it. */
export interface SeriesName {
  studyUid: string;
  seriesUid: string;
  /** Those of the series that are meant; undefined: all. */
  sopInstanceUids?: readonly string[];
}

/** What became of the objects of a series. */
export interface Retrieved {
  /** Objects that were sent, with and without a warning; undefined: the archive does not say. */
  completed: number | undefined;
  failed: number;
  /** The archive gave up in between, as some do at the first object that is refused. */
  refusal?: SulcusError;
}

/**
 * Asks an archive (C-FIND, PS3.4 annex C.4.1), one query after the other on one association.
 *
 * @returns the matches of each query
 * @throws SERVICE_UNAVAILABLE with what the archive answers; CANCELLED when the signal aborts
 */
export async function findMatches(call: ArchiveCall, queries: readonly Query[]): Promise<DataSet[][]> {
  if (queries.length === 0) return [];
  const matches = queries.map((): DataSet[] => []);
  const calls = queries.map(({ level, keys }, index): Call => {
    const identifier = identifierOf({ QueryRetrieveLevel: level, ...keys });
    return {
      sopClassUid: FIND,
      request: (syntaxUid) => withIdentifier(new dimse.requests.CFindRequest(), identifier, syntaxUid),
      onPending: (dataSet) => void matches[index]!.push(dataSet),
    };
  });
  for (const answer of await callPeer({ ...call, isForSilence: true }, calls))
    if (answer.status !== 0) throw refusal(call, 'a query', answer);
  return matches;
}

/**
 * Has an archive send a series on this association (C-GET, PS3.4 annex C.4.3).
 *
 * @param sopClassUids in which its images are expected: these are proposed in every transfer syntax of their own, so
 *   that the archive need not decompress; objects of other classes come uncompressed
 * @throws SERVICE_UNAVAILABLE when it does not, with what it answers; CANCELLED when the signal aborts
 */
export async function getSeries(
  call: ArchiveCall,
  series: SeriesName,
  sopClassUids: readonly string[],
  receiving: Pick<Receiving, 'maxObjectBytes' | 'onObject'>,
): Promise<Retrieved> {
  const request = (syntaxUid: string) =>
    withIdentifier(new dimse.requests.CGetRequest(), seriesIdentifier(series), syntaxUid);
  const receives = { ...receiving, contexts: contextsFor(sopClassUids) };
  const [answer] = await callPeer({ ...call, isForSilence: true, receives }, [{ sopClassUid: GET, request }]);
  const became = retrieved(call, answer!);
  if (became.refusal) throw became.refusal;
  return became;
}

/**
 * Has an archive send a series to an application entity that it knows (C-MOVE, PS3.4 annex C.4.2).
 *
 * @param destination its title
 * @throws SERVICE_UNAVAILABLE when the archive cannot be reached or ends the association; CANCELLED when the signal
 *   aborts
 */
export async function moveSeries(call: ArchiveCall, series: SeriesName, destination: string): Promise<Retrieved> {
  const request = (syntaxUid: string) => {
    const move = new dimse.requests.CMoveRequest();
    move.getCommandDataset().setElement('MoveDestination', destination);
    return withIdentifier(move, seriesIdentifier(series), syntaxUid);
  };
  const [answer] = await callPeer({ ...call, isForSilence: true }, [{ sopClassUid: MOVE, request }]);
  return retrieved(call, answer!);
}

const identifierOf = (keys: Partial<Record<Keyword, string>>): DataSet =>
  dataSetOf(Object.entries(keys).map(([keyword, value]) => textElement(keyword as Keyword, value)));

const seriesIdentifier = ({ studyUid, seriesUid, sopInstanceUids }: SeriesName): DataSet =>
  identifierOf({
    QueryRetrieveLevel: sopInstanceUids ? 'IMAGE' : 'SERIES',
    StudyInstanceUID: studyUid,
    SeriesInstanceUID: seriesUid,
    ...(sopInstanceUids && { SOPInstanceUID: sopInstanceUids.join('\\') }),
  });

function withIdentifier<R extends { setDataset: (dataset: ReturnType<typeof rawDataset>) => void }>(
  request: R,
  identifier: DataSet,
  syntaxUid: string,
): R {
  request.setDataset(rawDataset(identifier, syntaxUid));
  return request;
}

/** The classes that are expected in each syntax, then as many others as there is room for. */
function contextsFor(sopClassUids: readonly string[]): Receiving['contexts'] {
  const expected = sopClassUids.flatMap((sopClassUid) => [
    { sopClassUid, syntaxes: UNCOMPRESSED.map(({ uid }) => uid) },
    ...TRANSFER_SYNTAXES.filter(({ compression }) => compression !== undefined).map(({ uid }) => ({
      sopClassUid,
      syntaxes: [uid],
    })),
  ]);
  const others = Object.values(dimse.constants.StorageClass)
    .filter((uid) => !sopClassUids.includes(uid))
    .map((sopClassUid) => ({ sopClassUid, syntaxes: UNCOMPRESSED.map(({ uid }) => uid) }));
  return [...expected, ...others].slice(0, MAX_CONTEXTS - 1);
}

/** Warning: all were tried, and some failed (PS3.4 tables C.4-2 and C.4-3). */
const SOME_FAILED = 0xb000;

function retrieved(call: ArchiveCall, answer: Answer): Retrieved {
  const { status, operations } = answer;
  const isRefusal = status !== 0 && status !== SOME_FAILED;
  const { completed, failed, warnings } = operations ?? {};
  return {
    completed: completed === undefined ? undefined : completed + (warnings ?? 0),
    // One that says that some failed and not how many has failed at one at least.
    failed: failed ?? (status === SOME_FAILED ? 1 : 0),
    ...(isRefusal && { refusal: refusal(call, 'to send a series', answer) }),
  };
}

/** What to do about a status (PS3.4 tables C.4-1 to C.4-3). */
function adviceOn(status: number, { callingTitle }: ArchiveCall): string {
  if (status === 0xa801) return `it does not know where ${callingTitle} listens: enter title, address and port there`;
  if (status === 0xa701) return 'it is out of resources to count the matches';
  if (status === 0xa702) return 'it could not send the objects, for want of resources or of a way to us';
  if (status === 0xa900) return 'it does not understand the identifier';
  if (status === 0xfe00) return 'it was cancelled there';
  return status >>> 12 === 0xc ? 'it is unable to process that' : 'it failed';
}

function refusal(call: ArchiveCall, what: string, { status, comment }: Answer): SulcusError {
  const code = status.toString(16).toUpperCase().padStart(4, '0');
  const said = comment === '' ? '' : ` ("${comment}")`;
  return new SulcusError(
    'SERVICE_UNAVAILABLE',
    `${call.peer.title} refused ${what} with ${code}${said}: ${adviceOn(status, call)}`,
  );
}
