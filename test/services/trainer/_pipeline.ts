import { timeLimit } from '#libs/async';
import { connectBus, Streams, subjects, type Bus } from '#libs/bus';
import { codecs, type PipelineEvent, type ValidationResult } from '#libs/contracts';
import { Registry } from '#libs/registry';
import { createLogger } from '#libs/telemetry';
import { readConfig, runPreprocess } from '#services/preprocess';
import { startNats, type TestNats } from '../../helpers/nats.js';
import { answerBatchRequests } from './_preprocess.js';
import { TrainerStarter } from './_trainer.js';

type SamplesOf = Parameters<typeof answerBatchRequests>[2];

/** A broker, a preprocess worker and trainers as processes of their own: what the tests of the trainer run in. */
export class TestPipeline {
  readonly bus: Bus;
  readonly registry: Registry;
  readonly trainers: TrainerStarter;
  readonly natsUrl: string;
  readonly #nats: TestNats;
  readonly #stop = new AbortController();
  readonly #preprocess: Promise<void>;

  private constructor(nats: TestNats, bus: Bus, samplesOf: SamplesOf) {
    this.bus = bus;
    this.registry = new Registry(bus);
    this.trainers = new TrainerStarter(nats.url);
    this.#nats = nats;
    this.natsUrl = nats.url;
    const worker = { bus, config: readConfig({}), log: createLogger('preprocess'), instance: 'test' };
    this.#preprocess = samplesOf
      ? answerBatchRequests(bus, this.#stop.signal, samplesOf)
      : runPreprocess(worker, this.#stop.signal);
  }

  /** @param samplesOf takes the place of preprocess: see {@link answerBatchRequests} */
  static async start(samplesOf?: SamplesOf): Promise<TestPipeline> {
    const nats = await startNats();
    const bus = await connectBus({ servers: nats.url, name: 'test' });
    await bus.ensureTopology();
    return new TestPipeline(nats, bus, samplesOf);
  }

  async close(): Promise<void> {
    this.trainers.close();
    this.#stop.abort();
    await this.#preprocess;
    await this.bus.drain();
    await this.#nats.stop();
  }

  /** Events of a run from its beginning until one says that it is done. Throws what they printed when none does. */
  async eventsUntil(
    run: string,
    done: (event: PipelineEvent) => boolean,
    timeoutMs = 90_000,
  ): Promise<PipelineEvent[]> {
    const events: PipelineEvent[] = [];
    const noMore = new AbortController();
    const newest = this.trainers.started.at(-1)!;
    // What it sent last may still be on its way.
    void newest.ended.then(() => setTimeout(() => noMore.abort(), 1000));
    using limit = timeLimit(noMore.signal, timeoutMs);
    for await (const { message } of this.bus.follow({
      stream: Streams.EVENTS,
      subject: subjects.event('trainer'),
      codec: codecs.PipelineEvent,
      signal: limit.signal,
    })) {
      const about = message?.training ?? message?.validation ?? message?.epoch ?? message?.waiting ?? message?.finished;
      if (!message || about?.run !== run) continue;
      events.push(message);
      if (done(message)) return events;
    }
    const output = this.trainers.started.map((trainer) => trainer.output()).join('\n');
    throw new Error(`No such event of run ${run} within ${timeoutMs} ms:\n${output}`);
  }

  /** Trains a run to its end and stops the trainer: the run's events, and what the trainer printed. */
  async train(
    run: string,
    environment: Record<string, string> = {},
    recipe: object = {},
  ): Promise<{ events: PipelineEvent[]; output: string; exitCode: number | null }> {
    const trainer = this.trainers.start(run, environment, recipe);
    const events = await this.eventsUntil(run, ({ finished }) => finished != null);
    const exitCode = await trainer.stop();
    return { events, output: trainer.output(), exitCode };
  }
}

/** Number and samples of each complete epoch. */
export const epochsOf = (events: readonly PipelineEvent[]): { epoch: number; samples: number; repeated: number }[] =>
  events.flatMap(({ epoch }) =>
    epoch ? [{ epoch: epoch.epoch, samples: epoch.samples, repeated: epoch.repeated }] : [],
  );

export const validationsOf = (events: readonly PipelineEvent[]): ValidationResult[] =>
  events.flatMap(({ validation }) => (validation ? [validation] : []));
