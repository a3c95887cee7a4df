import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { root } from '../../scripts/setup/paths.mjs';

/** The first TypeScript example of a lib's README. */
function exampleOf(lib: string): string {
  const [, code] = /```ts\n(.*?)```/s.exec(readFileSync(path.join(root, 'libs', lib, 'README.md'), 'utf8')) ?? [];
  assert.ok(code !== undefined, `libs/${lib}/README.md has no example`);
  return code;
}

/** Runs a module that imports libs as the project's own modules do. */
async function runModule(code: string): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-example-'));
  try {
    for (const file of ['package.json', 'tsconfig.json']) cpSync(path.join(root, file), path.join(folder, file));
    for (const part of ['dist', 'node_modules']) symlinkSync(path.join(root, part), path.join(folder, part));
    const module = path.join(folder, 'example.ts');
    writeFileSync(module, code);
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', module]);
    return stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('the examples in READMEs run', () => {
  it('libs/graph: a training step becomes a SavedModel', async () => {
    assert.match(await runModule(exampleOf('graph')), /^\d+ bytes$/m);
  });

  it('libs/engine: a program runs', async () => {
    assert.match(await runModule(exampleOf('engine')), /Float32Array\(2\) \[ 2, 4 \]/);
  });

  it('libs/nn: a network learns and predicts', async () => {
    assert.match(await runModule(exampleOf('nn')), /^\d\.\d+ Float32Array\(8\) \[/m);
  });
});
