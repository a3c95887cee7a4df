import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '#libs/bus';
import { SulcusError } from '#libs/errors';
import { Registry } from '#libs/registry';
import { classificationMetrics, confusionMatrix, type ClassificationMetrics } from './metrics.js';
import type { PatientClient } from './patient-client.js';
import { listScans, readImage, type ScanEntry } from './sample-source.js';

/** Requests under way at a time: enough for the predictor to form batches. */
const CONCURRENCY = 8;

/** Time for the predictor to follow the registry to its champion. */
const CHAMPION_TIMEOUT_MS = 120_000;

/** Who is measured against what. */
export interface EvaluationSubject {
  classes: readonly string[];
  /** Is told after each answer. */
  onProgress: (done: number, total: number) => void;
}

/**
 * Measures the served model on the test split, as its users see it: every image goes through the predictor.
 *
 * @throws MODEL_NOT_READY when nothing was promoted or the predictor does not follow, and whatever a request fails with
 */
export async function evaluateTestSplit(bus: Bus, client: PatientClient, subject: EvaluationSubject, signal: AbortSignal): Promise<ClassificationMetrics> {
  const { classes, onProgress } = subject;
  const samples = (await listScans(bus, signal)).filter(({ split, label }) => split === 'SPLIT_TEST' && classes.includes(label));
  if (samples.length === 0) return classificationMetrics(confusionMatrix(classes.length, []));
  const champion = await championVersion(bus);
  await untilServed(bus, client, champion, samples[0]!, signal);
  const pairs: [number, number][] = [];
  const queue = samples.values();
  const worker = async (): Promise<void> => {
    for (const sample of queue) {
      pairs.push([classes.indexOf(sample.label), classes.indexOf(await predictedClass(bus, client, sample, champion, signal))]);
      onProgress(pairs.length, samples.length);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return classificationMetrics(confusionMatrix(classes.length, pairs));
}

async function championVersion(bus: Bus): Promise<string> {
  const alias = await new Registry(bus).alias('champion');
  if (!alias) throw new SulcusError('MODEL_NOT_READY', 'No model version was promoted: there is nothing to evaluate');
  return alias.version;
}

async function untilServed(bus: Bus, client: PatientClient, champion: string, sample: ScanEntry, signal: AbortSignal): Promise<void> {
  const deadlineMs = Date.now() + CHAMPION_TIMEOUT_MS;
  const image = await imageOf(bus, sample);
  while ((await client.predict(image, 'is it served', signal)).modelVersion !== champion) {
    if (Date.now() > deadlineMs) {
      throw new SulcusError('MODEL_NOT_READY', `The predictor answers with ${client.lastVersion}, not with the champion ${champion}: see its log`);
    }
    await sleep(250, undefined, { signal });
  }
}

async function predictedClass(bus: Bus, client: PatientClient, sample: ScanEntry, champion: string, signal: AbortSignal): Promise<string> {
  const { predictedClass: answer, modelVersion } = await client.predict(await imageOf(bus, sample), sample.sampleId, signal);
  if (modelVersion !== champion) throw new SulcusError('CONFLICT', `The champion changed from ${champion} to ${modelVersion} during the evaluation`);
  return answer;
}

async function imageOf(bus: Bus, { sequence, sampleId }: ScanEntry): Promise<Buffer> {
  const image = await readImage(bus, sequence);
  if (!image) throw new SulcusError('NOT_FOUND', `Scan ${sequence} (sample ${sampleId}) is no longer stored`);
  return image;
}
