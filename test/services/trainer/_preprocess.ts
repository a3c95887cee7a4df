import { Streams, subjects, type Bus } from '#libs/bus';
import { codecs, type BatchRequest, type SampleRef } from '#libs/contracts';

/**
 * In the place of preprocess: answers every batch request with grey pixels, until the signal aborts.
 *
 * @param samplesOf what the answer says that its samples are; called before it is sent
 */
export function answerBatchRequests(
  bus: Bus,
  signal: AbortSignal,
  samplesOf: (request: BatchRequest) => Promise<SampleRef[]> = async ({ samples }) => samples,
): Promise<void> {
  return bus.consume({
    stream: Streams.BATCH_REQUESTS,
    durable: 'preprocess',
    codec: codecs.BatchRequest,
    maxInFlight: 1,
    ackWaitMs: 10_000,
    signal,
    onMessage: async (delivery) => {
      const { run, requestId, epoch, sequence, split, transformHash } = delivery.message;
      const samples = await samplesOf(delivery.message);
      await bus.publish(subjects.batch(run), codecs.TensorBatch, {
        run,
        requestId,
        epoch,
        sequence,
        split,
        height: 32,
        width: 32,
        channels: 1,
        pixels: { inline: Buffer.alloc(32 * 32 * samples.length, 128) },
        samples,
        dropped: [],
        transformHash,
        prepareMs: 1,
      });
      await delivery.ack();
    },
  });
}
