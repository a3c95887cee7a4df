import { existsSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Registry } from '#libs/registry';
import { writeLayers } from '../../report/index.js';
import type { Pipeline } from '../pipeline/pipeline.js';

/**
 * Draws every layer as it was before the training and as it answers after it, to `visualize/before` and
 * `visualize/after` of a folder. What is not there is not drawn: a run that was begun elsewhere has no beginning here.
 *
 * @param version that answers; empty: none
 */
export async function drawLayers({ bus, plan }: Pipeline, folder: string, version: string): Promise<void> {
  const pictures = path.join(folder, 'visualize');
  rmSync(pictures, { recursive: true, force: true });
  const start = plan.environment['SULCUS_START_WEIGHTS'] ?? '';
  if (existsSync(start)) await writeLayers(path.join(pictures, 'before'), await readFile(start));
  const registry = new Registry(bus);
  const card = version === '' ? undefined : await registry.get(version);
  if (card) await writeLayers(path.join(pictures, 'after'), await registry.loadWeights(card));
}
