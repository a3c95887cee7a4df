import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { encodeSavedModel, initialState } from '#libs/nn';
import { isCode } from '../../helpers/errors.js';
import { engineBinding } from '../../../scripts/setup/paths.mjs';
import { assertClose, readFixture } from './_compare.js';
import { formulaConfig, formulaPixels, formulaState } from './_formula.js';

const runner = fileURLToPath(new URL('./_saved-model-runner.js', import.meta.url));

const binding = process.env['SULCUS_ENGINE_BINDING'] || engineBinding;
const withoutTensorFlow = !existsSync(binding) && 'only TensorFlow loads a SavedModel';

it("a SavedModel gives torchvision's probabilities to whoever knows its signature alone", {
  skip: withoutTensorFlow,
}, () => {
  const config = formulaConfig('resnet18', 64);
  const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-saved-model-'));
  try {
    writeFileSync(path.join(folder, 'saved_model.pb'), encodeSavedModel(config, formulaState(config)));
    const args = [
      ...process.execArgv.filter((flag) => !flag.startsWith('--test')),
      runner,
      binding,
      folder,
      '[2,64,64,3]',
    ];
    const output = execFileSync(process.execPath, args, {
      input: formulaPixels('resnet18 64', 2, 64),
      env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2', NODE_TEST_CONTEXT: '' },
      stdio: ['pipe', 'pipe', 'pipe'],
    }).toString();
    const { method, inputs, outputs, probabilities } = JSON.parse(output) as {
      method: string;
      inputs: Record<string, { dtype: number; shape: number[] }>;
      outputs: Record<string, { dtype: number; shape: number[] }>;
      probabilities: number[];
    };
    assert.equal(method, 'tensorflow/serving/predict');
    // DT_UINT8 is 4, DT_FLOAT 1 (tensorflow/core/framework/types.proto).
    assert.deepEqual([inputs['pixels']!.dtype, inputs['pixels']!.shape], [4, [-1, 64, 64, 3]]);
    assert.deepEqual(
      [outputs['logits']!.dtype, outputs['probabilities']!.dtype, outputs['probabilities']!.shape],
      [1, 1, [-1, 4]],
    );
    const { logits } = readFixture<{ cases: { model: string; size: number; logits: number[][] }[] }>(
      'evaluation',
    ).cases.find(({ model, size }) => model === 'resnet18' && size === 64)!;
    const expected = logits.flatMap((row) => {
      const powers = row.map((logit) => Math.exp(logit - Math.max(...row)));
      return powers.map((power) => power / powers.reduce((sum, value) => sum + value, 0));
    });
    assertClose(probabilities, expected, 1e-4, 'probabilities');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('weights of another network are refused', () => {
  const config = formulaConfig('resnet10-slim', 64);
  assert.throws(() => encodeSavedModel({ ...config, classes: 5 }, initialState(config, 1)), isCode('MODEL_INVALID'));
});
