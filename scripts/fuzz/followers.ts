import { subjects, writeScanHeaders, type Bus } from '#libs/bus';
import { codecs, type Split } from '#libs/contracts';
import { recordDecision } from '#libs/decisions';
import { CompletedStudies } from '#libs/studies';
import { createLogger } from '#libs/telemetry';
import { RecordStore } from '#services/predictor';
import { readConfig, runPreprocess } from '#services/preprocess';
import { PipelineState } from '../../services/cli/launcher/state/pipeline-state.js';
import { watchPipeline } from '../../services/cli/launcher/state/watch-pipeline.js';
import { BatchExchange } from '../../services/trainer/data/batch-exchange.js';
import { SampleIndex } from '../../services/trainer/data/sample-index.js';
import { StreamMemory } from '../../services/trainer/stream/stream-memory.js';
import { EventFeed } from '../../services/trainer/stream/event-feed.js';
import { until } from '../../test/helpers/until.js';

const log = createLogger('fuzz');
const SOON_MS = 5000;
const CLASSES = ['glioma', 'notumor'];
const EXCHANGE = { run: 'main', credit: 2, seed: 1, transform: { json: '{}', hash: '' }, requestTimeoutMs: 60_000 };

/** Whoever reads the streams, in this process: what one message does to them is seen at the next look. */
export class Followers implements AsyncDisposable {
  readonly #bus: Bus;
  readonly #stop = new AbortController();
  readonly #samples = new SampleIndex(CLASSES, log);
  readonly #running: ReadonlyMap<string, Promise<void>>;
  #ended: Error | undefined;
  #looks = 0;

  constructor(bus: Bus) {
    this.#bus = bus;
    const { signal } = this.#stop;
    const feed = new EventFeed();
    const exchange = new BatchExchange(bus, log, EXCHANGE);
    this.#running = new Map(
      Object.entries({
        samples: this.#samples.follow(bus, signal),
        feed: feed.follow(bus, { scan: 0, label: 0 }, signal),
        events: takeEvents(feed, signal),
        batches: exchange.receive(signal),
        preprocess: runPreprocess({ bus, config: readConfig({}), log, instance: 'fuzz' }, signal),
        pipeline: watchPipeline(bus, new PipelineState(), { signal, changed: () => undefined }),
        completed: exhaust(new CompletedStudies(bus).follow(signal)),
        records: exhaust(new RecordStore(bus).follow({ signal }, 0)),
      }),
    );
    for (const [name, running] of this.#running)
      running.then(
        () => this.#note(name, new Error('it ended')),
        (error: unknown) => this.#note(name, error as Error),
      );
  }

  /** @throws when somebody no longer reads, or a sound message does not arrive */
  async check(): Promise<void> {
    const sampleId = `${this.#looks++}`.padStart(64, '0');
    const scan = { sampleId, site: 'sound', split: 'SPLIT_TRAIN' as Split, label: 'glioma' };
    const { sequence } = await this.#bus.publish(subjects.scan('sound', sampleId), codecs.Scan, scan, {
      headers: writeScanHeaders(scan),
    });
    await until(() => this.#ended !== undefined || this.#samples.lastSequence >= sequence, 'a scan is seen', SOON_MS);
    const requests = async (): Promise<number> => (await this.#bus.statsOf('BATCH_REQUESTS')).messages;
    await until(async () => this.#ended !== undefined || (await requests()) === 0, 'requests are answered', SOON_MS);
    const decided = { kind: 'KIND_FROZEN', reason: 'a look' } as const;
    await recordDecision(this.#bus, decided, { scope: 'sound', key: `${this.#looks}` });
    if (this.#ended) throw this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.#running.values());
  }

  #note(name: string, error: Error): void {
    if (this.#stop.signal.aborted) return;
    this.#ended ??= new Error(`${name} follows no longer: ${error.message}`, { cause: error });
  }
}

/** As a trainer takes them that learns from a stream. */
async function takeEvents(feed: EventFeed, signal: AbortSignal): Promise<void> {
  const memory = new StreamMemory({ seed: 1, classes: CLASSES, replaySize: 1000, heldOutSize: 1000 });
  while (!signal.aborted) {
    for (let event = feed.next(); event; event = feed.next()) memory.apply(event);
    await feed.changed(SOON_MS, signal);
  }
}

async function exhaust(values: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of values);
}
