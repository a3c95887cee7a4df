import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { startEngine } from '#libs/engine';
import { findBinding } from '../../../../libs/engine/tensorflow/binding.js';

/** An engine's own account of itself, with some file in the place of the compiled custom ops. */
async function infoBeside(kernels: string | undefined) {
  const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-kernels-'));
  try {
    const binding = path.join(folder, 'tfjs_binding.node');
    symlinkSync(findBinding(), binding);
    if (kernels !== undefined) writeFileSync(path.join(folder, 'sulcus_kernels.node'), kernels);
    process.env['SULCUS_ENGINE_BINDING'] = binding;
    await using engine = await startEngine({ label: 'test' });
    return engine.info;
  } finally {
    delete process.env['SULCUS_ENGINE_BINDING'];
    rmSync(folder, { recursive: true, force: true });
  }
}

test('an engine without custom ops, or with some that do not load, runs on those of TensorFlow', async (t) => {
  if (process.env['SULCUS_ENGINE'] === 'portable') return t.skip('there is no TensorFlow');
  for (const kernels of [undefined, 'no module']) {
    const { kind, customConvolutionTypes, customBatchNormTypes } = await infoBeside(kernels);
    assert.equal(kind, 'tensorflow');
    assert.deepEqual([customConvolutionTypes, customBatchNormTypes], [[], []]);
  }
});

test('SULCUS_ENGINE_KERNELS=tensorflow leaves the custom kernels out', async (t) => {
  if (process.env['SULCUS_ENGINE'] === 'portable') return t.skip('there is no TensorFlow');
  await using engine = await startEngine({ label: 'test', kernels: 'tensorflow' });
  assert.deepEqual([engine.info.customConvolutionTypes, engine.info.customBatchNormTypes], [[], []]);
});
