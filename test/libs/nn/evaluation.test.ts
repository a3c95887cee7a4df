import { after, before, describe, it } from 'node:test';
import { startEngine, type Engine } from '#libs/engine';
import { dataOf } from '#libs/graph';
import { buildInferenceProgram, InferenceSession, TrainingSession } from '#libs/nn';
import { assertClose, readFixture } from './_compare.js';
import { formulaConfig, formulaLabels, formulaPixels, formulaState } from './_formula.js';

interface Case {
  model: string;
  size: number;
  channels: 1 | 3;
  logits: number[][];
  lossSum: number;
}

const { cases } = readFixture<{ cases: Case[] }>('evaluation');

const softmax = (logits: readonly number[]): number[] => {
  const powers = logits.map((logit) => Math.exp(logit - Math.max(...logits)));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
};

describe('inference with the same weights and images as torchvision', () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine({ label: 'test' });
  });
  after(() => engine.close());

  for (const { model, size, channels, logits, lossSum } of cases) {
    const config = formulaConfig(model, size, channels);
    const images = formulaPixels(`${model} ${size}`, 2, size, channels);

    it(`${model} at ${size} px with ${channels} channel(s) gives its logits within 1e-4`, async () => {
      const program = await engine.load(buildInferenceProgram(config).program);
      const feeds = Object.fromEntries(
        [...formulaState(config)].map(([name, tensor]) => [name, { dtype: 'float32' as const, ...tensor }]),
      );
      await program.run('writeWeights', feeds);
      const result = await program.run('predict', {
        pixels: { dtype: 'uint8', shape: [2, size, size, channels], data: images },
      });
      await program.unload();
      assertClose(dataOf(result['logits'], 'float32'), logits.flat(), 1e-4, 'logits');
    });

    // The larger networks would add only time.
    if (model !== 'baseline-cnn' && !(model === 'resnet18' && channels === 1)) continue;
    it(`${model} at ${size} px, channels: ${channels}: both sessions give its numbers`, async () => {
      const weights = formulaState(config);
      const inference = await InferenceSession.create(engine, config, weights);
      assertClose(await inference.predict(images, 2), logits.flatMap(softmax), 1e-4, 'probabilities');
      await inference.close();
      const training = await TrainingSession.create(engine, config, { name: 'sgd', learningRate: 0.1 }, { weights });
      const evaluation = await training.evaluate({ pixels: images, labels: formulaLabels(2), count: 2 });
      await training.close();
      assertClose([evaluation.lossSum], [lossSum], 1e-4, 'sum of losses');
      assertClose(evaluation.probabilities, logits.flatMap(softmax), 1e-4, 'probabilities');
    });
  }
});
