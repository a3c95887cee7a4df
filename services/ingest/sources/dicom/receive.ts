import { isLoopback } from '#libs/access';
import { startStoreScp, type ScpNotice, type StoreAnswer, type StoredObject, type StoreScp } from '#libs/dimse';
import { SulcusError } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import type { SourcesConfig } from '../../config.js';
import type { Ingestor } from '../../pipeline/ingestor.js';
import { answerTo } from './answer-to.js';
import { dicomTlsOf } from './dicom-tls.js';

export interface ReceiverContext {
  ingestor: Ingestor;
  config: SourcesConfig;
  log: Logger;
}

/**
 * Listens for scanners and archives. A sender is told of success when every frame of its object is durable, or when the
 * object is one that nobody wants; that there is no room, when the pipeline takes nothing for SULCUS_DICOM_WAIT.
 *
 * @returns undefined where no address is set
 * @throws PORT_IN_USE, INVALID_CONFIG
 */
export async function startReceiver({ ingestor, config, log }: ReceiverContext): Promise<StoreScp | undefined> {
  const { dicomAddress, dicomCallers } = config;
  if (dicomAddress === undefined) return undefined;
  if (dicomCallers.length === 0)
    throw new SulcusError(
      'INVALID_CONFIG',
      'SULCUS_DICOM_ADDRESS is set and nobody may send: name AE titles in SULCUS_DICOM_CALLERS, such as MR1@10.0.0.7',
    );
  const tls = dicomTlsOf(config);
  requireEncryption(dicomAddress, tls !== undefined, config.security.insecure);
  return await startStoreScp({
    host: dicomAddress.host,
    port: dicomAddress.port,
    title: config.dicomTitle,
    callers: dicomCallers,
    tls,
    maxAssociations: config.dicomMaxAssociations,
    maxObjectBytes: config.maxFileBytes,
    idleTimeoutMs: config.dicomIdleMs,
    onObject: (object) => store(object, ingestor, config.dicomWaitMs),
    onCommitment: ingestor.canCommit
      ? ({ references }) => ingestor.commitment(references.map(({ sopInstanceUid }) => sopInstanceUid))
      : undefined,
    pendingReports: ingestor.pendingReports,
    onProcedureStep: (step) => ingestor.procedureStep(step),
    peers: config.dicomPeers,
    onNotice: (notice) => tell(notice, log),
  });
}

/**
 * Other machines send by TLS, or somebody says that the network keeps everybody else out: an AE title proves nothing.
 *
 * @throws INVALID_CONFIG saying what to set
 */
function requireEncryption({ host, port }: { host: string; port: number }, hasTls: boolean, insecure: boolean): void {
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (hasTls || insecure || isLoopback(address)) return;
  throw new SulcusError(
    'INVALID_CONFIG',
    `SULCUS_DICOM_ADDRESS ${address} is reached from other machines: set SULCUS_DICOM_TLS_CERTIFICATE and ` +
      'SULCUS_DICOM_TLS_KEY, listen on 127.0.0.1, or set SULCUS_INSECURE=true where the network itself keeps ' +
      'everybody else out',
  );
}

async function store(
  { bytes, callingTitle, callingAddress, ...said }: StoredObject,
  ingestor: Ingestor,
  waitMs: number,
): Promise<StoreAnswer> {
  const input = { bytes, source: `C-STORE from ${callingTitle} at ${callingAddress}` };
  return await answerTo(ingestor.ingestDicom(input, { signal: AbortSignal.timeout(waitMs) }, said));
}

const SAID: Readonly<Record<ScpNotice['kind'], string>> = {
  'refused-caller':
    'an association was refused: SULCUS_DICOM_CALLERS does not name who calls, or another title was called',
  'too-many': 'an association was refused for now: as many are open as SULCUS_DICOM_MAX_ASSOCIATIONS allows',
  aborted: 'a sender aborted its association',
  'long-pdu': 'a connection was cut: what it sent is no DICOM, or too long',
  broken: 'a connection broke',
  'no-tls': 'a connection was cut: no TLS came about',
  'no-association': 'a connection was cut: it has no association',
  'not-reported': 'a sender could not be told what is durable: it will ask again',
  'step-failed': 'what a modality says of its procedure step could not be kept',
  renewed: 'the certificate for DICOM was renewed',
  'not-renewed': 'new TLS files for DICOM cannot be used; the old ones stay in use',
};

const tell = ({ kind, ...about }: ScpNotice, log: Logger): void =>
  log[kind === 'renewed' ? 'info' : kind === 'not-renewed' ? 'error' : 'warn'](about, SAID[kind]);
