import { startEngine, type Engine } from '#libs/engine';
import type { Accuracies } from './learning.js';
import { learnOffline } from './offline.js';
import { chosenScenarios, seedsOf, settingsOf, type LearningOptions } from './options.js';
import { scenarioOf, type ScenarioName } from './scenarios.js';
import { StreamRun, type StreamOutcome } from './stream.js';

/** A seed of a scenario, learned in both ways. */
export interface SeedResult {
  readonly seed: number;
  readonly stream: StreamOutcome;
  /** Absent where the detectors alone are of interest. */
  readonly offline?: Accuracies;
}

export interface ScenarioResult {
  readonly scenario: ScenarioName;
  readonly seeds: readonly SeedResult[];
}

/**
 * Learns every scenario that is asked for from a stream and offline. Each result is told as soon as it is there: a
 * whole run takes a while.
 */
export async function measureLearning(
  options: LearningOptions,
  tell: (scenario: ScenarioName, result: SeedResult) => void,
): Promise<ScenarioResult[]> {
  await using engine = await startEngine({ threads: options.threads });
  const names = chosenScenarios(options);
  const results = names.map((scenario) => ({ scenario, seeds: [] as SeedResult[] }));
  for (const seed of seedsOf(options)) {
    for (const { scenario, seeds } of results) {
      const result = await measureSeed(engine, scenario, options, seed);
      tell(scenario, result);
      seeds.push(result);
    }
  }
  return results;
}

async function measureSeed(
  engine: Engine,
  name: ScenarioName,
  options: LearningOptions,
  seed: number,
): Promise<SeedResult> {
  const settings = settingsOf(options);
  const { epochs, rate: learningRate } = options;
  const scenario = scenarioOf(name, options, seed);
  const stream = await StreamRun.of(engine, scenario, { seed, settings, learningRate });
  if (name === 'site-drop') return { seed, stream };
  const { averageDecay } = settings;
  return { seed, stream, offline: await learnOffline(engine, scenario, { seed, epochs, averageDecay, learningRate }) };
}
