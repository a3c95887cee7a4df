import { createHash } from 'node:crypto';
import { mapInOrder } from '#libs/async';
import { subjects, writeScanHeaders, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { LineageWriter } from '#libs/lineage';
import { CheckpointStore, Registry } from '#libs/registry';

export const CLASSES = ['glioma', 'meningioma', 'notumor', 'pituitary'];
const AT_ONCE = 512;
/** Samples between two versions. */
const ROUND = 20_000;
const HASH = 'b'.repeat(64);

/** A state as a run in epochs leaves it, of made-up samples: their images are a few bytes, all else is as it is. */
export async function makeState(
  bus: Bus,
  samples: number,
  told: (done: number) => void,
): Promise<{ version: string; sample: string; lineageMs: number }> {
  const publish = async (index: number): Promise<string> => {
    const image = Buffer.from(`image ${index}`);
    const sampleId = createHash('sha256').update(image).digest('hex');
    const scan = { sampleId, site: 'bench', split: 'SPLIT_TRAIN', label: labelOf(index), format: 'png' } as const;
    const message = { ...scan, image: { inline: image } };
    const headers = writeScanHeaders(scan);
    await bus.publish(subjects.scan('bench', sampleId), codecs.Scan, message, { firstOnSubject: true, headers });
    return sampleId;
  };
  let sample = '';
  let done = 0;
  for await (const sampleId of mapInOrder(Array(samples).keys(), AT_ONCE, publish)) {
    sample = sampleId;
    if (++done % 50_000 === 0) told(done);
  }
  return { ...(await makeRun(bus, samples)), sample };
}

async function makeRun(bus: Bus, samples: number): Promise<{ version: string; lineageMs: number }> {
  const lineage = await LineageWriter.open(bus, 'main', undefined, { remembersAll: true });
  const registry = new Registry(bus);
  let [version, lineageMs] = ['', 0];
  for (let step = 1; (step - 1) * ROUND < samples; step++) {
    const startedMs = performance.now();
    const [first, last] = [(step - 1) * ROUND + 1, Math.min(step * ROUND, samples)];
    lineage.add(Array.from({ length: last - first + 1 }, (_, row) => learned(first + row)));
    lineage.cut(step, { isNeeded: true });
    await lineage.durable();
    lineageMs += performance.now() - startedMs;
    const card = await registry.publish(cardOf(step, last, lineage.head!), { weights: Buffer.from(`weights ${step}`) });
    version = card.version;
  }
  const settled = Buffer.alloc((samples >> 3) + 1, 0xff);
  settled[0]! &= 0xfe;
  settled[samples >> 3]! &= (1 << ((samples & 7) + 1)) - 1;
  const ledger = { pass: 0, snapshotSequence: samples, appliedRows: samples, droppedRows: 0 };
  const completedLedger = { ...ledger, settled: settled.toString('base64') };
  const current = { ...ledger, pass: 1, appliedRows: 0, settled: '' };
  const manifest = { recipe: {}, classes: CLASSES, ledger: current, completedLedger, lineage: lineage.toRecord() };
  await new CheckpointStore(bus).save('main', { manifest, parts: {} });
  return { version, lineageMs };
}

const labelOf = (index: number): string => CLASSES[index % CLASSES.length]!;

const learned = (sequence: number): { sequence: number; label: string } => ({ sequence, label: labelOf(sequence - 1) });

const cardOf = (step: number, count: number, segment: { hash: string; number: number }) => ({
  run: 'main',
  architecture: 'baseline-cnn',
  classes: CLASSES,
  input: {
    height: 64,
    width: 64,
    channels: 1,
    range: [0, 255] as [0, 255],
    normalize: { mean: [0.5], std: [0.5] },
  },
  transform: {},
  transformHash: HASH,
  recipe: {},
  seed: 1,
  step,
  pass: 0,
  samplesSeen: count,
  lineage: { scanSequences: { first: 1, last: count, count }, ledgerHash: HASH, segment },
  metrics: { validation: { loss: 1, accuracy: 0.5, samples: 1 } },
  parameterCount: 1,
  codeVersion: 'bench',
});
