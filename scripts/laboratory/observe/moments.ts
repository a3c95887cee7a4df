import type { BrokerProxy, Operation } from './broker-proxy.js';

/** Points of the conversation with the broker at which a fault hurts most. */
export const MOMENTS = {
  /** Between the broker's having an image and the sender's knowing it. */
  'storing a scan': { client: 'ingest', subject: /^scan\.v1\./ },
  /** Between a batch's being stored and its request's being acknowledged. */
  'storing a batch': { client: 'preprocess', subject: /^batch\.v1\./ },
  /** Between the first and the last byte of a checkpoint. */
  'storing a checkpoint': { client: 'trainer', subject: /^blob\.v1\.checkpoint\./ },
  /** Between a checkpoint's being the newest and its batches' being acknowledged. */
  'pointing to a checkpoint': { client: 'trainer', subject: /^\$KV\.checkpoints\./ },
  'acknowledging batches': { client: 'trainer', subject: /^\$JS\.ACK\..*\bBATCHES\b/ },
  'storing a version': { client: 'trainer', subject: /^blob\.v1\.model\./ },
  'publishing a version': { client: 'trainer', subject: /^\$KV\.models\./ },
  /** While a version is fetched, loaded and warmed. */
  'swapping a version': { client: 'predictor', subject: /^\$JS\.API\..*\bBLOBS\b/ },
  /** Between an archived sample's being written and its leaving the broker. */
  'archiving a scan': { client: 'archiver', subject: /^\$KV\.archive\./ },
} as const satisfies Record<string, { client: string; subject: RegExp }>;

export type Moment = keyof typeof MOMENTS;

const LOOK_MS = 100;

/**
 * Resolves as soon as the moment has come, at once after its message went to the broker; false when it did not.
 *
 * @param isOver whether it need not be waited for any more
 */
export async function untilMoment(proxy: BrokerProxy, moment: Moment, isOver: () => boolean): Promise<boolean> {
  const { client, subject } = MOMENTS[moment];
  return await new Promise<boolean>((resolve) => {
    const end = (came: boolean): void => {
      clearInterval(timer);
      proxy.conversation.off('operation', look);
      resolve(came);
    };
    const look = (operation: Operation): void => {
      if (operation.client === client && subject.test(operation.subject)) end(true);
    };
    const timer = setInterval(() => (isOver() ? end(false) : undefined), LOOK_MS);
    proxy.conversation.on('operation', look);
  });
}
