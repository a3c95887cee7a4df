import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connectBus, Streams } from '#libs/bus';
import { codecs, type PipelineEvent } from '#libs/contracts';
import type { EngineInfo } from '#libs/engine';
import { Registry } from '#libs/registry';
import { createLogger } from '#libs/telemetry';
import type { OpenBatch } from '../../../../services/trainer/data/open-batch.js';
import { TrainerEvents } from '../../../../services/trainer/events.js';
import { Prequential, type Noticed } from '../../../../services/trainer/stream/prequential.js';
import { raiseAlarms } from '../../../../services/trainer/stream/raise-alarms.js';
import type { StreamParts } from '../../../../services/trainer/stream/stream-parts.js';
import type { StreamSample } from '../../../../services/trainer/stream/stream-sample.js';
import { startNats } from '../../../helpers/nats.js';

const CLASSES = ['glioma', 'notumor'];
const BATCH = 16;

let sequence = 0;

/** Samples of both classes from a site. */
const samplesOf = (site: string): StreamSample[] =>
  Array.from({ length: BATCH }, (_, index) => ({
    id: `${++sequence}`,
    sampleId: `${sequence}`,
    scanSequence: sequence,
    split: 'SPLIT_TRAIN',
    studyId: '',
    site,
    classIndex: index % CLASSES.length,
  }));

/** Has samples predicted and learned, the wrong class most probable in so many of each batch, at 90 %. */
async function answer(prequential: Prequential, site: string, wrongOf16: number): Promise<Noticed> {
  const samples = samplesOf(site);
  const labels = Int32Array.from(samples, ({ classIndex }) => classIndex!);
  const batch = { pixels: new Uint8Array(), labels, sequences: samples.map((each) => each.scanSequence) };
  const probabilities = Float32Array.from(
    samples.flatMap(({ classIndex }, row) => {
      const said = row < wrongOf16 ? 1 - classIndex! : classIndex!;
      return CLASSES.map((_, index) => (index === said ? 0.9 : 0.1));
    }),
  );
  await prequential.predict(batch as unknown as OpenBatch, samples, async () => probabilities);
  return prequential.settle(samples);
}

/** What is noticed in so many batches. */
async function noticedIn(prequential: Prequential, site: string, batches: number, wrongOf16: number) {
  const noticed: string[] = [];
  for (let at = 0; at < batches; at++)
    noticed.push(...(await answer(prequential, site, wrongOf16)).drifts.map(({ stratum }) => stratum));
  return noticed;
}

describe('what is predicted before it is learned from', () => {
  it('answers that become worse are drift, named with their site, also behind a restart', async () => {
    const prequential = new Prequential(CLASSES);
    for (let round = 0; round < 40; round++)
      for (const site of ['a', 'b', 'c'])
        assert.deepEqual(await noticedIn(prequential, site, 1, 1), [], 'a rate that stays is no drift');
    const restarted = new Prequential(
      CLASSES,
      JSON.parse(JSON.stringify(prequential.toRecord())) as ReturnType<Prequential['toRecord']>,
    );
    const noticed = await noticedIn(restarted, 'b', 6, 10);
    assert.deepEqual(
      noticed.filter((stratum) => stratum.startsWith('site:')),
      ['site:b'],
    );
    assert.ok(noticed.includes('all'));
  });

  it('an alarm is an event, and freezes the champion where the configuration says so', async (t) => {
    const nats = await startNats(t);
    await using bus = await connectBus({ servers: nats.url, name: 'test' });
    await bus.ensureTopology();
    const registry = new Registry(bus);
    const engine = { kind: 'tensorflow', devices: ['CPU:0'], shardDevices: ['CPU:0'] } as unknown as EngineInfo;
    const events = new TrainerEvents(bus, createLogger('test'), 'main', 'test', engine);
    const state = { identity: { run: 'main' }, progress: { step: 7 } };
    const partsOf = (freezeOnAlarm: boolean): StreamParts =>
      ({ state, registry, prequential: { version: 'main-000003' }, events, freezeOnAlarm }) as unknown as StreamParts;
    const drift = { stratum: 'site:b', errorRateBefore: 0.1, answersSinceChange: 30, isElsewhere: false } as const;
    await raiseAlarms(partsOf(false), { drifts: [drift], calibration: undefined });
    assert.equal(await registry.frozen('champion'), undefined);
    await raiseAlarms(partsOf(true), { drifts: [], calibration: undefined });
    assert.equal(await registry.frozen('champion'), undefined);
    await raiseAlarms(partsOf(true), { drifts: [drift], calibration: undefined });
    assert.match((await registry.frozen('champion'))!.reason, /^run main: answers became worse \(site:b\)$/);
    const told: PipelineEvent[] = [];
    const signal = AbortSignal.timeout(10_000);
    const codec = codecs.PipelineEvent;
    for await (const { message } of bus.follow({ stream: Streams.EVENTS, codec, storedOnly: true, signal }))
      if (message?.drift) told.push(message);
    assert.deepEqual(
      told.map(({ drift: event }) => [event!.site, event!.version, event!.step]),
      [
        ['b', 'main-000003', 7],
        ['b', 'main-000003', 7],
      ],
    );
  });
});
