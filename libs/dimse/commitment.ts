import dimse from 'dcmjs-dimse';
import { dataSetOf, sequenceElement, shortsElement, textElement, type DataSet, type Element } from '#libs/dicom';
import { rawDataset } from './raw-dataset.js';

/** Storage Commitment Push Model (PS3.4 annex J). */
export const STORAGE_COMMITMENT = '1.2.840.10008.1.20.1';
const WELL_KNOWN_INSTANCE = '1.2.840.10008.1.20.1.1';

/** A request that storage be committed to. */
export interface CommitmentRequest {
  transactionUid: string;
  references: readonly { sopClassUid: string; sopInstanceUid: string }[];
}

/** A request whose sender is still to be told. */
export interface PendingReport {
  callingTitle: string;
  request: CommitmentRequest;
}

/** Where requests are kept until their senders were told: what is there outlives a restart. */
export interface PendingReports {
  /** It is kept when this resolves. */
  keep(report: PendingReport): Promise<void>;
  /** Its sender was told, or is given up. */
  settle(report: PendingReport): Promise<void>;
  /** What is kept, of the last day. */
  kept(): Promise<readonly PendingReport[]>;
}

/** Failure reasons (PS3.3 C.14.1.1). */
const NO_SUCH_OBJECT = 0x0112;
const CLASS_CONFLICT = 0x0119;

/** Requests with more objects are refused: a study of an enhanced scanner has some thousands. */
const MAX_REFERENCES = 20_000;

/** @returns undefined for what is no such request */
export function readCommitment(dataSet: DataSet): CommitmentRequest | undefined {
  const transactionUid = dataSet.text('TransactionUID');
  const references = dataSet.items('ReferencedSOPSequence').map((item) => ({
    sopClassUid: item.text('ReferencedSOPClassUID'),
    sopInstanceUid: item.text('ReferencedSOPInstanceUID'),
  }));
  const isWhole = references.every(({ sopClassUid, sopInstanceUid }) => sopClassUid !== '' && sopInstanceUid !== '');
  if (transactionUid === '' || references.length === 0 || !isWhole || references.length > MAX_REFERENCES)
    return undefined;
  return { transactionUid, references };
}

/**
 * What the requester is told, at some time, on some association (PS3.4 J.3.3).
 *
 * @param syntaxUid that of the context it is sent in
 * @param durable by SOP instance UID the class of those objects that are on durable storage
 */
export function commitmentReport(
  { transactionUid, references }: CommitmentRequest,
  durable: ReadonlyMap<string, string>,
  syntaxUid?: string,
): InstanceType<typeof dimse.requests.NEventReportRequest> {
  const failures = references.flatMap((reference) => {
    const known = durable.get(reference.sopInstanceUid);
    if (known === reference.sopClassUid) return [];
    return [{ reference, reason: known === undefined ? NO_SUCH_OBJECT : CLASS_CONFLICT }];
  });
  const failed = new Set(failures.map(({ reference }) => reference));
  const kept = references.filter((reference) => !failed.has(reference));
  const itemOf = ({ sopClassUid, sopInstanceUid }: (typeof references)[number]) => [
    textElement('ReferencedSOPClassUID', sopClassUid),
    textElement('ReferencedSOPInstanceUID', sopInstanceUid),
  ];
  const report = new dimse.requests.NEventReportRequest(
    STORAGE_COMMITMENT,
    WELL_KNOWN_INSTANCE,
    failures.length === 0 ? 1 : 2,
  );
  const keptItems = kept.map((reference) => dataSetOf(itemOf(reference)));
  const failedItems = failures.map(({ reference, reason }) =>
    dataSetOf([...itemOf(reference), shortsElement('FailureReason', [reason])]),
  );
  const told = dataSetOf([
    textElement('TransactionUID', transactionUid),
    ...sequence('ReferencedSOPSequence', keptItems),
    ...sequence('FailedSOPSequence', failedItems),
  ]);
  report.setDataset(rawDataset(told, syntaxUid));
  return report;
}

/** Sequences of no item are left out. */
const sequence = (keyword: 'ReferencedSOPSequence' | 'FailedSOPSequence', items: readonly DataSet[]): Element[] =>
  items.length === 0 ? [] : [sequenceElement(keyword, items)];
