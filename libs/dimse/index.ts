/**
 * The DICOM upper layer: an SCP for C-STORE, C-ECHO and storage commitment with an allow list, limits, TLS, and answers
 * that wait for what they promise; an SCU for C-STORE, C-FIND, C-MOVE and C-GET. The only lib that knows dcmjs-dimse.
 * Imports libs/access, async, connections, dicom, errors, limits and memory.
 *
 *     const scp = await startStoreScp({ host, port: 11112, title: 'SULCUS', callers: [parseCaller('MR1')], … });
 *     const [series] = await findMatches({ peer, callingTitle: 'SULCUS', timeoutMs }, [{ level: 'SERIES', keys }]);
 */
import type { StoreScpOptions } from './scp-options.js';
import type { DataSet } from '#libs/dicom';
import type * as Asking from './ask-peer.js';
import type * as Retrieving from './query-retrieve.js';
import type { Answer } from './scu.js';
import type * as Sending from './store-objects.js';
import type { StoreScp } from './store-scp.js';

export type { PeerFacts } from './ask-peer.js';
export { isTitle, parseCaller, type Caller } from './callers.js';
export type { CommitmentRequest, PendingReport, PendingReports } from './commitment.js';
export { parsePeer, type Peer } from './peers.js';
export type { ProcedureStep, StepAnswer, StepStatus } from './procedure-step.js';
export type { ArchiveCall, Query, Retrieved, SeriesName } from './query-retrieve.js';
export type { Answer, CallOptions } from './scu.js';
export type { ScpNotice, StoreAnswer, StoredObject, StoreScpOptions } from './scp-options.js';
export type { StoreScp } from './store-scp.js';
export type { DimseTls } from './tls.js';

/**
 * Listens for associations. The library is loaded now: most processes never receive.
 *
 * @throws PORT_IN_USE; INVALID_CONFIG for an address that is not this machine's
 */
export async function startStoreScp(options: StoreScpOptions): Promise<StoreScp> {
  const { StoreScp } = await import('./store-scp.js');
  return await StoreScp.start(options);
}

/** See {@link Asking.askPeer}. The library is loaded now. */
export async function askPeer(...asked: Parameters<typeof Asking.askPeer>): Promise<Asking.PeerFacts> {
  const loaded = await import('./ask-peer.js');
  return await loaded.askPeer(...asked);
}

/** See {@link Sending.storeObjects}. The library is loaded now. */
export async function storeObjects(...sent: Parameters<typeof Sending.storeObjects>): Promise<Answer[]> {
  const loaded = await import('./store-objects.js');
  return await loaded.storeObjects(...sent);
}

/** See {@link Retrieving.findMatches}. The library is loaded now. */
export async function findMatches(...asked: Parameters<typeof Retrieving.findMatches>): Promise<DataSet[][]> {
  const loaded = await import('./query-retrieve.js');
  return await loaded.findMatches(...asked);
}

/** See {@link Retrieving.getSeries}. The library is loaded now. */
export async function getSeries(...asked: Parameters<typeof Retrieving.getSeries>): Promise<Retrieving.Retrieved> {
  const loaded = await import('./query-retrieve.js');
  return await loaded.getSeries(...asked);
}

/** See {@link Retrieving.moveSeries}. The library is loaded now. */
export async function moveSeries(...asked: Parameters<typeof Retrieving.moveSeries>): Promise<Retrieving.Retrieved> {
  const loaded = await import('./query-retrieve.js');
  return await loaded.moveSeries(...asked);
}
