import { readFile } from 'node:fs/promises';
import { connectBus, type Bus } from '#libs/bus';
import { flag, number, optional, parseEnvironment, text } from '#libs/config';
import type { PredictionRecord } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { Registry, type ModelCard } from '#libs/registry';
import { parseCommandLine, runService } from '#libs/service';
import { predictorEnvironment } from '../config.js';
import { KeptInputs, type FoundInput } from '../records/kept-inputs.js';
import { RecordStore } from '../records/record-store.js';
import { describeRetention } from '../records/retention.js';
import { compare } from './compare.js';
import { toJson, toText } from './output.js';
import { replay } from './replay.js';

const environment = { natsUrl: predictorEnvironment.natsUrl };

const options = {
  image: ['--image <file>', optional(text({ description: 'the image that was predicted, when it was not kept; for raw pixels a file of exactly their bytes' }))],
  json: ['--json', flag({ default: false, description: 'print one JSON object' })],
  tolerance: ['--tolerance <p>', optional(number({ min: 0, max: 1, description: 'largest difference of a probability that passes (default: 0 on the same processor, library and threads; elsewhere 1e-4, in bfloat16 2e-2)' }))],
  nats: ['--nats <url>', optional(text({ description: 'NATS server (default: SULCUS_NATS_URL)' }))],
} as const;

/**
 * `sulcus replay <prediction id>`: makes a recorded prediction again and compares. Exit code 0 when the numbers are the same, 1 when they are not or
 * the prediction cannot be made again, 2 for wrong options.
 *
 * @param argv the words after the command's name
 */
export async function replayMain(argv: readonly string[]): Promise<void> {
  const description = 'Makes a recorded prediction again, with the model version, preparation and arithmetic of then, and compares the numbers. Exit code 0: the same; 1: not, or it cannot be made again.';
  const parsed = parseCommandLine({ name: 'sulcus replay', description, operand: '<prediction>', options, environment }, argv);
  if (!parsed) return;
  await runService('replay', async ({ signal }) => {
    const natsUrl = parsed.options.nats ?? parseEnvironment(environment).natsUrl;
    await using bus = await connectBus({ servers: natsUrl, name: 'replay', signal });
    const record = await findRecord(bus, parsed.operand!.toLowerCase());
    const [card, input] = [await findCard(bus, record), await findInput(bus, record, parsed.options.image)];
    const replayed = await replay({ record, card, input: input.bytes, natsUrl, signal });
    const report = { record, replayed, comparison: compare(record, replayed, parsed.options.tolerance), inputSource: input.source };
    process.stdout.write(parsed.options.json ? `${toJson(report)}\n` : toText(report));
    if (report.comparison.verdict === 'different') process.exitCode = 1;
  });
}

async function findRecord(bus: Bus, predictionId: string): Promise<PredictionRecord> {
  const store = new RecordStore(bus);
  const found = await store.find(predictionId);
  if (found) return found.record;
  throw new SulcusError('NOT_FOUND', `There is no record of prediction ${predictionId}: it was not answered by a predictor of this broker, was not recorded (SULCUS_RECORDS), or is gone by age or size. Stored: ${describeRetention(await store.stats())}`);
}

async function findCard(bus: Bus, { modelVersion, predictionId }: PredictionRecord): Promise<ModelCard> {
  const card = await new Registry(bus).get(modelVersion);
  if (card) return card;
  throw new SulcusError('NOT_FOUND', `Prediction ${predictionId} was made by ${modelVersion}, which the registry no longer has: trainers keep their newest SULCUS_KEEP_VERSIONS versions and those that an alias needs. More are kept from now on with a larger number; the record itself stays`);
}

async function findInput(bus: Bus, record: PredictionRecord, file: string | undefined): Promise<FoundInput> {
  if (file !== undefined) return { bytes: await readFile(file), source: `from ${file}` };
  const found = await new KeptInputs(bus).fetch(record);
  if (found) return found;
  const why = record.storedInput ? 'was kept and has gone by age or size (SULCUS_STREAM_PREDICTION_INPUTS_BYTES, SULCUS_STREAM_PREDICTIONS_AGE)' : 'was not kept (SULCUS_RECORD_INPUTS=true keeps inputs from then on)';
  throw new SulcusError('NOT_FOUND', `The input of prediction ${record.predictionId} ${why} and did not come through ingest: name it with --image FILE; its SHA-256 is ${record.sampleId}`);
}
