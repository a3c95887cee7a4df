import { readFile } from 'node:fs/promises';
import type { Bus } from '#libs/bus';
import type { PredictionRecord } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { Registry, type ModelCard } from '#libs/registry';
import { KeptInputs, type FoundInput } from '../kept-inputs.js';
import { RecordStore } from '../record-store.js';
import { describeRetention } from '../retention.js';

/** What it takes to make a prediction again. */
export interface Recalled {
  record: PredictionRecord;
  /** Card of the version that answered. */
  card: ModelCard;
  input: FoundInput;
}

/**
 * Gathers what is left of a prediction.
 *
 * @param file holds the input's bytes; undefined: they are where the predictor or ingest kept them
 * @throws NOT_FOUND for a record, a version or an input that is gone or never was kept, saying what would have kept it;
 * FILE_UNREADABLE
 */
export async function recall(bus: Bus, predictionId: string, file: string | undefined): Promise<Recalled> {
  const record = await findRecord(bus, predictionId);
  return { record, card: await findCard(bus, record), input: await findInput(bus, record, file) };
}

async function findRecord(bus: Bus, predictionId: string): Promise<PredictionRecord> {
  const store = new RecordStore(bus);
  const found = await store.find(predictionId);
  if (found) return found.record;
  const why =
    'it was not answered by a predictor of this broker, was not recorded (SULCUS_RECORDS), or is gone by age or size';
  throw new SulcusError(
    'NOT_FOUND',
    `There is no record of prediction ${predictionId}: ${why}. Stored: ${describeRetention(await store.stats())}`,
  );
}

async function findCard(bus: Bus, { modelVersion, predictionId }: PredictionRecord): Promise<ModelCard> {
  const card = await new Registry(bus).get(modelVersion);
  if (card) return card;
  const why =
    'trainers keep their newest SULCUS_KEEP_VERSIONS versions and those that an alias needs. ' +
    'A larger number keeps more from then on; the record itself stays';
  throw new SulcusError(
    'NOT_FOUND',
    `Prediction ${predictionId} was made by ${modelVersion}, which the registry no longer has: ${why}`,
  );
}

async function findInput(bus: Bus, record: PredictionRecord, file: string | undefined): Promise<FoundInput> {
  if (file !== undefined) return { bytes: await readInput(file), source: `from ${file}` };
  const found = await new KeptInputs(bus).fetch(record);
  if (found) return found;
  const why = record.storedInput
    ? 'was kept and has gone by age or size (SULCUS_STREAM_PREDICTIONS_AGE, SULCUS_STREAM_PREDICTION_INPUTS_BYTES)'
    : 'was not kept (SULCUS_RECORD_INPUTS=true keeps inputs from then on)';
  throw new SulcusError(
    'NOT_FOUND',
    `The input of prediction ${record.predictionId} ${why} and is not among the ingested images: ` +
      `name it with --image FILE; its SHA-256 is ${record.sampleId}`,
  );
}

async function readInput(file: string): Promise<Buffer> {
  return await readFile(file).catch((error: unknown) => {
    throw new SulcusError('FILE_UNREADABLE', `${file} cannot be read`, { cause: error, details: { path: file } });
  });
}
