import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus, ScanEntry } from '#libs/bus';
import { LabelledProbabilities, negativeLogLikelihood } from '#libs/calibration';
import { SulcusError } from '#libs/errors';
import { Registry } from '#libs/registry';
import { classificationMetrics, confusionMatrix, type TestMetrics } from './metrics.js';
import type { RetryingClient } from './retrying-client.js';
import { seenInTraining } from './seen-in-training.js';
import { listScans, readScan } from './stored-scans.js';

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

/** What the served model said of one image of the test split. */
export interface TestPrediction {
  /** Where the image came from, for people; may be empty. */
  fileName: string;
  sampleId: string;
  /** Place of the scan in its stream. */
  sequence: number;
  trueIndex: number;
  predictedIndex: number;
  /** One per class, 0-1, in the order of the class list. */
  probabilities: readonly number[];
}

export interface TestEvaluation {
  metrics: TestMetrics;
  /** In stream order. */
  predictions: TestPrediction[];
  /** Temperature of the probabilities: 1 when the version is not calibrated. */
  temperature: number;
}

/**
 * Measures the served model on the test split, as its users see it: every image goes through the predictor.
 *
 * @throws MODEL_NOT_READY when nothing was promoted or the predictor does not follow, and whatever a request fails with
 */
export async function evaluateTestSplit(
  bus: Bus,
  client: RetryingClient,
  subject: EvaluationSubject,
  signal: AbortSignal,
): Promise<TestEvaluation> {
  const { classes, onProgress } = subject;
  const samples = (await listScans(bus, signal)).filter(
    ({ split, label }) => split === 'SPLIT_TEST' && classes.includes(label),
  );
  if (samples.length === 0) return evaluationOf(classes, [], 1);
  const seen = await seenInTraining(bus, signal);
  const champion = await championVersion(bus);
  const temperature = await untilServed(bus, client, champion, samples[0]!, signal);
  const predictions: TestPrediction[] = [];
  const queue = samples.values();
  const worker = async (): Promise<void> => {
    for (const sample of queue) {
      predictions.push(await predictSample({ bus, client, classes, champion, signal }, sample));
      onProgress(predictions.length, samples.length);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return evaluationOf(
    classes,
    predictions.sort((a, b) => a.sequence - b.sequence),
    temperature,
    samples.filter(({ sampleId }) => seen.has(sampleId)).length,
  );
}

function evaluationOf(
  classes: readonly string[],
  predictions: TestPrediction[],
  temperature: number,
  seen = 0,
): TestEvaluation {
  const pairs = predictions.map(({ trueIndex, predictedIndex }) => [trueIndex, predictedIndex] as const);
  const measured =
    predictions.length === 0 ? {} : { loss: testLoss(classes.length, predictions, temperature), seenInTraining: seen };
  const metrics = { ...classificationMetrics(confusionMatrix(classes.length, pairs)), ...measured };
  return { metrics, predictions, temperature };
}

/** The inverse of the temperature gives the network's own answers back, which all other losses are of. */
export function testLoss(
  classCount: number,
  predictions: readonly Pick<TestPrediction, 'trueIndex' | 'probabilities'>[],
  temperature: number,
): number {
  const answers = new LabelledProbabilities(classCount, classCount * predictions.length);
  for (const { trueIndex, probabilities } of predictions)
    answers.add(Float32Array.from(probabilities), Int32Array.of(trueIndex));
  return negativeLogLikelihood(answers, 1 / temperature);
}

async function championVersion(bus: Bus): Promise<string> {
  const alias = await new Registry(bus).alias('champion');
  if (!alias) throw new SulcusError('MODEL_NOT_READY', 'No model version was promoted: there is nothing to evaluate');
  return alias.version;
}

/** @returns the temperature that the champion answers at */
async function untilServed(
  bus: Bus,
  client: RetryingClient,
  champion: string,
  sample: ScanEntry,
  signal: AbortSignal,
): Promise<number> {
  const deadlineMs = performance.now() + CHAMPION_TIMEOUT_MS;
  const { image } = await scanOf(bus, sample);
  for (;;) {
    const { modelVersion, temperature } = await client.predict(image, 'is it served', signal);
    if (modelVersion === champion) return temperature;
    if (performance.now() > deadlineMs) {
      throw new SulcusError(
        'MODEL_NOT_READY',
        `The predictor answers with ${client.lastVersion}, not with the champion ${champion}: see its log`,
      );
    }
    await sleep(250, undefined, { signal });
  }
}

interface Examination {
  bus: Bus;
  client: RetryingClient;
  classes: readonly string[];
  /** Version that has to answer. */
  champion: string;
  signal: AbortSignal;
}

async function predictSample(
  { bus, client, classes, champion, signal }: Examination,
  { sequence, sampleId, label }: ScanEntry,
): Promise<TestPrediction> {
  const { image, source } = await scanOf(bus, { sequence, sampleId });
  const { predictedClass, probabilities, modelVersion } = await client.predict(image, sampleId, signal);
  if (modelVersion !== champion)
    throw new SulcusError('CONFLICT', `The champion changed from ${champion} to ${modelVersion} during the evaluation`);
  const byClass = new Map(probabilities.map(({ className, probability }) => [className, probability]));
  return {
    fileName: source,
    sampleId,
    sequence,
    trueIndex: classes.indexOf(label),
    predictedIndex: classes.indexOf(predictedClass),
    probabilities: classes.map((name) => byClass.get(name) ?? 0),
  };
}

async function scanOf(
  bus: Bus,
  { sequence, sampleId }: Pick<ScanEntry, 'sequence' | 'sampleId'>,
): Promise<{ image: Buffer; source: string }> {
  const scan = await readScan(bus, sequence);
  if (!scan) throw new SulcusError('NOT_FOUND', `Scan ${sequence} (sample ${sampleId}) is no longer stored`);
  return scan;
}
