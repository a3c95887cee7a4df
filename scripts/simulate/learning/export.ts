import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PHANTOM_CLASSES } from '#libs/imaging';
import { encodeSafetensors, initialState } from '#libs/nn';
import { BATCH_SIZE, NETWORK, pixelsOf } from './learning.js';
import { chosenScenarios, seedsOf, settingsOf, type LearningOptions } from './options.js';
import { SIZE_PX } from './pictures.js';
import { scenarioOf, type ScenarioName } from './scenarios.js';

/** Writes a folder for each scenario and seed, from which another framework can learn the same. Names them. */
export async function exportScenarios(folder: string, options: LearningOptions): Promise<string> {
  const written: string[] = [];
  for (const scenario of chosenScenarios(options)) {
    for (const seed of seedsOf(options)) {
      const own = path.join(folder, `${scenario}-${seed}`);
      await exportScenario(own, scenario, options, seed);
      written.push(own);
    }
  }
  return written.join('\n');
}

/** Pixels as uint8 [picture, height, width] in `.bin`, what they are in `scenario.json`, first weights beside them. */
async function exportScenario(
  folder: string,
  name: ScenarioName,
  options: LearningOptions,
  seed: number,
): Promise<void> {
  const { arrivals, tests } = scenarioOf(name, options, seed);
  const train = arrivals.filter(({ split }) => split === 'SPLIT_TRAIN');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'arrivals.bin'), pixelsOf(train));
  for (const [kind, pictures] of Object.entries(tests))
    await writeFile(path.join(folder, `${kind}.bin`), pixelsOf(pictures.map((picture) => ({ picture }))));
  await writeFile(path.join(folder, 'weights.safetensors'), encodeSafetensors(initialState(NETWORK, seed)));
  const about = {
    scenario: name,
    seed,
    sizePx: SIZE_PX,
    classes: PHANTOM_CLASSES,
    batchSize: BATCH_SIZE,
    epochs: options.epochs,
    learningRate: options.rate,
    averageDecay: options.decay,
    stream: settingsOf(options),
    arrivals: train.map(({ picture: { id }, site, classIndex, isNew }) => ({ id, site, classIndex, isNew })),
    tests: Object.fromEntries(
      Object.entries(tests).map(([kind, pictures]) => [kind, pictures.map(({ classIndex }) => classIndex)]),
    ),
  };
  await writeFile(path.join(folder, 'scenario.json'), JSON.stringify(about));
}
