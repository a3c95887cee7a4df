import { abortable, retryWithBackoff } from '#libs/async';
import { SulcusError } from '#libs/errors';
import { commitmentReport, STORAGE_COMMITMENT, type CommitmentRequest, type PendingReport } from './commitment.js';
import type { StoreScpOptions } from './scp-options.js';
import { callPeer } from './scu.js';

/** A call that tells a requester what is durable, and how long it is tried for. */
const CALL_BACK_TIMEOUT_MS = 30_000;
const CALL_BACK_FOR_MS = 10 * 60_000;

/**
 * Which of the objects of a request are on durable storage; asked again for ten minutes while nobody can say.
 *
 * @returns their classes, by SOP instance UID
 */
export const findDurable = (
  onCommitment: NonNullable<StoreScpOptions['onCommitment']>,
  request: CommitmentRequest,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> =>
  retryWithBackoff(() => abortable(onCommitment(request), signal), { timeoutMs: CALL_BACK_FOR_MS, signal });

/**
 * Tells a requester, on an association to the address where it listens.
 *
 * @param durable by SOP instance UID the class of those objects that are on durable storage
 * @throws NOT_FOUND when no address is known; SERVICE_UNAVAILABLE when it cannot be told for ten minutes
 */
export async function callBack(
  { callingTitle, request }: PendingReport,
  durable: ReadonlyMap<string, string>,
  { peers = [], title }: Pick<StoreScpOptions, 'peers' | 'title'>,
  signal: AbortSignal,
): Promise<void> {
  const peer = peers.find((one) => one.title === callingTitle);
  if (!peer)
    throw new SulcusError(
      'NOT_FOUND',
      `${callingTitle} has ended the association, and no address of it is known: it cannot be told`,
    );
  const call = { peer, callingTitle: title, timeoutMs: CALL_BACK_TIMEOUT_MS, weProvide: true, signal };
  const report = (syntaxUid: string) => commitmentReport(request, durable, syntaxUid);
  await retryWithBackoff(() => callPeer(call, [{ sopClassUid: STORAGE_COMMITMENT, request: report }]), {
    timeoutMs: CALL_BACK_FOR_MS,
    signal,
  });
}

/** Tells those who were not told before the last end. */
export async function reportKept(options: StoreScpOptions, signal: AbortSignal): Promise<void> {
  const { pendingReports, onCommitment, onNotice } = options;
  if (!pendingReports || !onCommitment) return;
  const kept = await pendingReports.kept();
  await Promise.all(
    kept.map(async (report) => {
      try {
        await callBack(report, await findDurable(onCommitment, report.request, signal), options, signal);
      } catch (error) {
        // What is under way at a stop is kept for the next start.
        if (signal.aborted) return;
        onNotice({
          kind: 'not-reported',
          callingTitle: report.callingTitle,
          detail: SulcusError.from(error).rawMessage,
        });
      }
      await pendingReports.settle(report);
    }),
  );
}
