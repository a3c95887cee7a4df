import { createHash } from 'node:crypto';
import { HeaderName, type Bus } from '#libs/bus';
import { codecs, packageDefinition, type MessageName } from '#libs/contracts';
import { lastDecision } from '#libs/decisions';
import { readLineage } from '#libs/lineage';
import type { Random } from '#libs/random';
import { imageCorpus } from '../corpus/images.js';
import { mutateBytes } from '../mutate/bytes.js';
import { choose, either } from '../mutate/choose.js';
import { randomMessage, type Pool } from '../mutate/message.js';
import { mutateParts } from '../mutate/parts.js';
import { mutateText, oddText } from '../mutate/text.js';
import { mutateWire } from '../mutate/wire.js';
import { sharedReaders } from '../readers.js';
import { outcomeOf, type Target } from '../target.js';
import { RawNats } from '../../../test/helpers/raw-nats.js';

const ID = 'ab'.repeat(32);
const TEXTS = [
  '',
  'main',
  'main-000001',
  'local',
  'glioma',
  'notumor',
  'SPLIT_TRAIN',
  ID,
  'a.png',
  '{}',
  'png',
  'sound',
];

/** Headers of any message of ours, with values as they come. */
const HEADERS: Readonly<Record<string, readonly string[]>> = {
  traceparent: ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
  [HeaderName.PUBLISH_ID]: ['ABCDEF'],
  [HeaderName.SAMPLE_ID]: [ID, ''],
  [HeaderName.SPLIT]: ['SPLIT_TRAIN', 'SPLIT_GATE', 'SPLIT_VALIDATION', '3'],
  [HeaderName.LABEL]: ['glioma', 'no%20tumor', ''],
  [HeaderName.STUDY_ID]: ['study-1'],
  [HeaderName.PATIENT_ID]: ['patient-1'],
  [HeaderName.EARLIER_SEQUENCES]: ['1,2,3', '5'],
  [HeaderName.PERCEPTUAL_HASH]: ['AAAAAAAAAAA='],
  [HeaderName.DICOM]: ['modality=MR;plane=axial;sequence=T1;bodyPart=HEAD;seriesId=1;positionMm=-3.5'],
  [HeaderName.LATE_LABEL]: ['true'],
};

/** As the broker writes them, who stores them as they come. */
const FIRST_LINES = [
  'NATS/1.0 503',
  'NATS/1.0 404 No Messages',
  'NATS/1.0 100 Idle Heartbeat',
  'NATS/1.0 409 x',
  'NATS/2',
];

/** The version line and one line for each header (https://docs.nats.io, headers). */
function someHeaders(random: Random, typeName: string, body: Buffer): Buffer {
  const hash = random.chance(0.95) ? createHash('sha256').update(body).digest('hex') : oddText(random);
  const lines = [
    `${HeaderName.SCHEMA}: ${random.chance(0.95) ? typeName : oddText(random)}`,
    `${HeaderName.CONTENT_HASH}: ${hash}`,
    ...Object.entries(HEADERS)
      .filter(() => random.chance(0.6))
      .map(([name, values]) => {
        const value = choose(random, values);
        return `${name}: ${random.chance(0.6) ? value : mutateText(random, value)}`;
      }),
  ];
  const kept = random.chance(0.7) ? lines : mutateParts(random, lines, (line) => mutateText(random, line));
  const block = Buffer.from(
    `${random.chance(0.9) ? 'NATS/1.0' : choose(random, FIRST_LINES)}\r\n${kept.join('\r\n')}\r\n\r\n`,
  );
  return random.chance(0.05) ? mutateBytes(random, block) : block;
}

/** An input: length and bytes of the headers, then the body. */
function someMessage(random: Random, name: MessageName, pool: Pool): Buffer {
  const { typeName } = codecs[name];
  const sound = randomMessage(random, packageDefinition()[typeName]!.type, pool);
  const body = either(
    random,
    () => sound,
    () => mutateWire(random, sound),
    () => mutateWire(random, sound),
  );
  const headers = someHeaders(random, typeName, body);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(headers.length);
  return Buffer.concat([length, headers, body]);
}

/** Reads what was just sent, where nobody follows the stream. */
type Read = (bus: Bus, subject: string) => Promise<unknown>;

/** Messages of one stream, sent past our own publisher. */
const streamTarget = (stream: string, name: MessageName, subject: (count: number) => string, read?: Read): Target => ({
  name: `bus-${stream}`,
  reads: [name],
  share: 3,
  kind: 'services',
  maker: async () => {
    const images = await imageCorpus();
    const pool = { texts: TEXTS, bytes: [images.png[0]!, images.jpeg[0]!, Buffer.alloc(256), Buffer.from('{}')] };
    return (random) => someMessage(random, name, pool);
  },
  open: async () => {
    const { stack, followers, release } = await sharedReaders();
    const nats = new RawNats(stack.natsUrl);
    let sent = 0;
    return {
      run: async (input) => {
        const headers = input.readUInt32BE(0);
        const to = subject(sent++);
        await nats.publish(to, input.subarray(4, 4 + headers), input.subarray(4 + headers));
        return read ? await outcomeOf(() => read(stack.bus, to)) : 'sent';
      },
      check: () => followers.check(),
      [Symbol.asyncDispose]: async () => {
        nats[Symbol.dispose]();
        await release();
      },
    };
  },
});

const SOON_MS = 5000;

/** Every stream that a service follows, and those that commands read. */
export const busTargets: readonly Target[] = [
  streamTarget('scans', 'Scan', (count) => `scan.v1.local.${count}`),
  streamTarget('labels', 'LabelEvent', () => 'label.v1.local'),
  streamTarget('batch-requests', 'BatchRequest', () => 'batch-request.v1.main'),
  streamTarget('batches', 'TensorBatch', () => 'batch.v1.main'),
  streamTarget('predictions', 'PredictionRecord', (count) => `prediction.v1.main.main-000001.${count}`),
  streamTarget('models', 'ModelEvent', () => 'model.v1.published'),
  streamTarget('events', 'PipelineEvent', () => 'event.v1.ingest'),
  streamTarget('dead', 'DeadLetter', () => 'dead.v1.ingest'),
  streamTarget(
    'studies',
    'StudyPrediction',
    (count) => `study.v1.local-${count}`,
    (bus, subject) => bus.getLast('STUDIES', subject, codecs.StudyPrediction),
  ),
  streamTarget(
    'decisions',
    'Decision',
    (count) => `decision.v1.promoted.fuzzed.${count}`,
    (bus) => lastDecision(bus, 'KIND_PROMOTED', 'fuzzed'),
  ),
  streamTarget(
    'lineage',
    'LineageSegment',
    (count) => `lineage.v1.run${count}.${ID}`,
    (bus, subject) => readLineage(bus, AbortSignal.timeout(SOON_MS), subject.split('.')[2]),
  ),
];
