import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startEngine, type Engine } from '#libs/engine';
import { TrainingSession, type NetworkState, type OptimizerConfig, type TrainingConfig } from '#libs/nn';
import { assertClose, readFixture, summary } from './_compare.js';
import { formulaConfig, formulaLabels, formulaPixels, formulaState } from './_formula.js';

interface Fixture {
  model: string;
  size: number;
  batch: number;
  optimizer: 'adam' | 'adamw' | 'sgd';
  settings: { lr: number; momentum?: number; weight_decay?: number };
  lossSettings?: { weight?: number[]; label_smoothing?: number };
  steps: { loss: number; correct: number }[];
  weights: Record<string, number[]>;
  slots: Record<string, number[]>;
}

const optimizerOf = ({ optimizer, settings }: Fixture): OptimizerConfig => ({
  name: optimizer,
  learningRate: settings.lr,
  ...(settings.momentum !== undefined && { momentum: settings.momentum }),
  ...(settings.weight_decay !== undefined && { weightDecay: settings.weight_decay }),
});

const trainingOf = ({ lossSettings: { weight, label_smoothing: labelSmoothing } = {} }: Fixture): TrainingConfig => ({
  ...(weight && { classWeights: weight }),
  ...(labelSmoothing !== undefined && { labelSmoothing }),
});

function assertStateClose(actual: NetworkState, expected: Record<string, number[]>, relative: number): void {
  for (const [name, numbers] of Object.entries(expected)) {
    const tensor = actual.get(name);
    assert.ok(tensor, `${name} is missing`);
    assertClose(summary(name, tensor.data), numbers, relative, name);
  }
}

const cases = [
  { name: 'training-baseline-adam', title: 'three steps of Adam' },
  { name: 'training-baseline-adamw', title: 'two steps of AdamW with class weights and label smoothing' },
  { name: 'training-resnet18-adam', title: 'a step of Adam with weight decay' },
  { name: 'training-resnet18-sgd', title: 'two steps of SGD with momentum' },
];

/** Kinds of kernels, and how far the optimizer's slots may be from PyTorch's, in parts of the largest value. */
const KINDS = [
  // Sums over a batch are taken in another order, and the slots hold them (squared) without the weights' bulk.
  { title: "TensorFlow's kernels", kernels: 'tensorflow', customConvolutions: false, slots: 1e-3 },
  {
    title: "custom batch norms and TensorFlow's convolutions",
    kernels: 'custom',
    customConvolutions: false,
    slots: 1e-3,
  },
  // Winograd's method rounds about ten times as much as a direct sum: of a value so near to 0 the ReLU
  // decides otherwise, and its whole gradient comes or goes.
  { title: 'custom kernels', kernels: 'custom', customConvolutions: true, slots: 5e-2 },
] as const;

for (const kind of KINDS) {
  describe(`training by ${kind.title} with the same weights and images as PyTorch`, () => {
    let engine: Engine;
    before(async () => {
      engine = await startEngine({ label: 'test', kernels: kind.kernels });
      // What an engine says of itself decides how a program is rewritten for it.
      if (!kind.customConvolutions) engine.info.customConvolutionTypes = [];
    });
    after(() => engine.close());

    for (const { name, title } of cases) {
      const fixture = readFixture<Fixture>(name);
      const { model, size, batch } = fixture;

      it(`${title} on ${model}: losses, weights, statistics and slots are PyTorch's`, async (test) => {
        if (kind.kernels === 'custom' && !engine.info.customBatchNormTypes.includes('float32'))
          return test.skip('the engine has no custom ops for float32');
        const config = formulaConfig(model, size);
        const session = await TrainingSession.create(
          engine,
          config,
          optimizerOf(fixture),
          { weights: formulaState(config) },
          trainingOf(fixture),
        );
        for (const [step, { loss, correct }] of fixture.steps.entries()) {
          const result = await session.trainStep({
            pixels: formulaPixels(`${model} step ${step}`, batch, size),
            labels: formulaLabels(batch),
            count: batch,
          });
          assertClose([result.loss], [loss], 1e-4, `loss of step ${step + 1}`);
          assert.equal(result.correct, correct);
        }
        const { weights, optimizer } = await session.readState();
        await session.close();
        assertStateClose(weights, fixture.weights, 1e-4);
        assertStateClose(optimizer, fixture.slots, kind.slots);
        assert.equal(weights.size, Object.keys(fixture.weights).length);
        assert.equal(optimizer.size, Object.keys(fixture.slots).length + 1);
      });
    }
  });
}
