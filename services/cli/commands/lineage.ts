import { ArchiveIndex } from '#libs/archive';
import { followScans, type Bus } from '#libs/bus';
import { flag } from '#libs/config';
import { SulcusError } from '#libs/errors';
import { chainOf, readLineage, type KnownLineage } from '#libs/lineage';
import { Registry, type ModelCard } from '#libs/registry';
import { parseCommandLine } from '#libs/service';
import { createLogger } from '#libs/telemetry';
import { placesOf } from '../lineage/sample-places.js';
import { versionsThatSaw } from '../lineage/versions-of.js';
import { connectCommand } from '../shared/connect-command.js';
import { jsonOption, natsOption } from '../shared/options.js';
import { sampleNamed } from '../shared/sample-of.js';

const OPTIONS = {
  samples: [
    '--samples',
    flag({ default: false, description: 'of a version: print each sample with the label that it was learned as last' }),
  ],
  json: jsonOption('write one line of JSON; with --samples a line for each sample'),
  nats: natsOption,
} as const;

const NOTES = `A sample is named by its identity, or by its image file. Of a version the JSON is {version, parent, \
samples, labels: {<label>: samples}, relabelled, putAside, segments, complete}; of a sample {sample, places, versions: \
[{version, labels}]}. complete is false where the list does not reach back to the beginning: of a version that began \
from one that kept none.`;

/** `sulcus lineage VERSION|SAMPLE`. */
export async function main(argv: readonly string[]): Promise<void> {
  const description =
    'Tells which samples, under which labels, a model version has learned from; or which versions have learned from ' +
    'a sample.';
  const parsed = parseCommandLine(
    { name: 'sulcus lineage', description, operand: '<version or sample>', options: OPTIONS, notes: NOTES },
    argv,
  );
  if (!parsed) return;
  const { json, samples, nats } = parsed.options;
  const operand = await sampleNamed(parsed.operand!, createLogger('lineage'));
  await using bus = await connectCommand(nats, 'lineage');
  const { signal } = new AbortController();
  if (/^[0-9a-f]{64}$/.test(operand)) {
    await tellSample(bus, operand, json, signal);
    return;
  }
  const card = await new Registry(bus).get(operand);
  if (!card) throw new SulcusError('NOT_FOUND', `There is no model version ${operand}: sulcus versions lists them`);
  // Of all runs: one that went back to the champion of another goes on from there.
  const known = await readLineage(bus, signal);
  const learned = learnedBy(known, card);
  if (samples) await printSamples(bus, learned.labels, json, signal);
  else tellVersion(card, learned, json);
}

async function tellSample(bus: Bus, sample: string, json: boolean, signal: AbortSignal): Promise<void> {
  const places = await placesOf(bus, sample);
  if (places.size === 0) throw new SulcusError('NOT_FOUND', `The sample ${sample} was never accepted here`);
  const cards = await new Registry(bus).list();
  const versions = versionsThatSaw(await readLineage(bus, signal), cards, places);
  if (json) console.log(JSON.stringify({ sample, places: [...places], versions }));
  else if (versions.length === 0) console.log('No version that is kept has learned from it');
  else for (const { version, labels } of versions) console.log(`${version}  learned it as ${labels.join(', then ')}`);
}

interface Learned {
  /** Label that each place was learned as last. */
  labels: Map<number, string>;
  relabelled: number;
  putAside: number;
  segments: number;
  complete: boolean;
}

function learnedBy(known: KnownLineage, card: ModelCard): Learned {
  const chain = [...chainOf(known, card.lineage.segment?.hash ?? '')].reverse();
  const learned: Learned = {
    labels: new Map(),
    relabelled: 0,
    putAside: 0,
    segments: chain.length,
    complete: chain.length > 0 && chain.length === card.lineage.segment?.number && chain[0]!.previous === '',
  };
  for (const segment of chain) {
    learned.putAside += segment.putAside.length;
    for (const groups of [segment.learned, segment.relearned])
      for (const [label, sequences] of groups)
        for (const sequence of sequences) {
          const before = learned.labels.get(sequence);
          if (before !== undefined && before !== label) learned.relabelled++;
          learned.labels.set(sequence, label);
        }
  }
  return learned;
}

function tellVersion(
  card: ModelCard,
  { labels, relabelled, putAside, segments, complete }: Learned,
  json: boolean,
): void {
  const counts = new Map<string, number>();
  for (const label of labels.values()) counts.set(label, (counts.get(label) ?? 0) + 1);
  const byLabel = Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  const { version, parent = '' } = card;
  if (json) {
    const told = { version, parent, samples: labels.size, labels: byLabel, relabelled, putAside, segments, complete };
    console.log(JSON.stringify(told));
    return;
  }
  if (segments === 0) {
    console.log(`${version} kept no list of its samples; its card says ${card.lineage.scanSequences.count}`);
    return;
  }
  const list = Object.entries(byLabel).map(([label, count]) => `${count} ${label}`);
  console.log(`${version}: learned from ${labels.size} samples (${list.join(', ')})`);
  console.log(`${relabelled} of them under another label before; ${putAside} put aside; parent ${parent || 'none'}`);
  if (!complete) console.log('The list does not reach back to the beginning: what was learned before it is not known');
}

/** The samples with their labels, as SCANS and the archive's notes name them: nothing is held in memory. */
async function printSamples(
  bus: Bus,
  labels: ReadonlyMap<number, string>,
  json: boolean,
  signal: AbortSignal,
): Promise<void> {
  const print = (sample: string, places: readonly number[]): void => {
    const label = places.map((place) => labels.get(place)).findLast((found) => found !== undefined);
    if (label !== undefined) console.log(json ? JSON.stringify({ sample, label }) : `${sample}  ${label}`);
  };
  for await (const { sampleId, sequence, earlierSequences = [] } of followScans(bus, { signal, storedOnly: true }))
    print(sampleId, [...earlierSequences, sequence]);
  for await (const { sampleId, entry } of new ArchiveIndex(bus).entries(signal))
    print(sampleId, [...entry.earlierSequences, entry.scanSequence]);
}
