import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { datesOf } from '#services/ingest';
import { sliceBytes } from '../dicom/_objects.js';
import { temporaryFolder } from '../_ingest.js';

const today = (): string => datesOf({ days: 0 }, new Date()).slice(0, 8);

/** A slice of a study of today, unless it says otherwise. */
export const sliceOf = (seed: number, texts: Parameters<typeof sliceBytes>[0] = {}): Buffer =>
  sliceBytes({ StudyDate: today(), BodyPartExamined: 'HEAD', ...texts }, seed);

export async function rulesFile(t: TestContext, rules: unknown): Promise<string> {
  const file = path.join(await temporaryFolder(t), 'rules.json');
  await writeFile(file, JSON.stringify(rules));
  return file;
}

export const RULE = { name: 'MR head of the last day', peer: 'pacs', modality: 'MR', bodyPart: 'HEAD', days: 1 };

/** One rule for one archive, looked at three times a second. */
export const rulesOf = (pacs: object, rule: object = {}): object => ({
  peers: { pacs },
  rules: [{ ...RULE, everyMinutes: 0.005, ...rule }],
});
