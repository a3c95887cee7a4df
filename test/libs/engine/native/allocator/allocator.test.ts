import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startEngine } from '#libs/engine';
import { findCompiler } from '../../../../../scripts/setup/native-module.mjs';
import { cacheFolder, engineBinding, engineMemory, memorySources } from '../../../../../scripts/setup/paths.mjs';
import { run } from '../../../../../scripts/setup/process.mjs';
import { networkBatch, networkProgram, networkState, numbers } from '../../../graph/_programs.js';

const compiler = findCompiler();
const here = import.meta.dirname;

/** By name and folder, since the loader ends a name at a blank. */
const preload = (file: string) => ({ LD_PRELOAD: path.basename(file), LD_LIBRARY_PATH: path.dirname(file) });

describe('the custom allocator', { skip: !existsSync(engineMemory) && 'it is not compiled here' }, () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'sulcus-memory-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  async function compile(name: string, ...sources: string[]): Promise<string> {
    const program = path.join(folder, name);
    const { code, stderr } = await run(compiler!, [
      '-std=c++17',
      '-O1',
      '-Wall',
      '-Wextra',
      '-Werror',
      '-pthread',
      `-I${memorySources}`,
      path.join(here, `${name}.cc`),
      ...sources,
      '-o',
      program,
    ]);
    assert.equal(code, 0, stderr);
    return program;
  }

  it('places blocks side by side, takes idle pages alone, and keeps little more than the most in use', async (t) => {
    if (compiler === undefined) return t.skip('there is no compiler');
    const program = await compile('region-check', path.join(memorySources, 'region.cc'));
    const none = {
      overlaps: 0,
      outside: 0,
      unaligned: 0,
      decommittedInUse: 0,
      aboveLimit: 0,
      countsRight: 1,
      isEmpty: 1,
      isWhole: 1,
    };
    const outcome = async (...words: number[]): Promise<{ refused: number; decommitted: number }> => {
      const { code, stdout, stderr } = await run(program, words.map(String));
      assert.equal(code, 0, stderr);
      const { refused, decommitted, ...rest } = JSON.parse(stdout) as Record<string, number>;
      assert.deepEqual(rest, none, `region-check ${words.join(' ')}`);
      return { refused: refused!, decommitted: decommitted! };
    };
    for (const seed of [1, 2, 3]) {
      const roomy = await outcome(2 ** 36, 20_000, seed, 2 ** 29);
      assert.ok(roomy.refused === 0 && roomy.decommitted > 0);
    }
    // A region that is too small refuses, and goes on.
    const { refused } = await outcome(2 ** 26, 20_000, 4, 2 ** 27);
    assert.ok(refused > 0);
  });

  it("answers the C library's calls as the C library does", async (t) => {
    if (compiler === undefined) return t.skip('there is no compiler');
    const program = await compile('calls-check');
    const { code, stdout, stderr } = await run(program, [], { env: { ...process.env, ...preload(engineMemory) } });
    assert.deepEqual([code, stdout, stderr], [0, '', '']);
  });

  it('is in the engine of a clone whose path holds a blank', async (t) => {
    if (process.env['SULCUS_ENGINE'] === 'portable') return t.skip('there is no TensorFlow');
    const place = path.join(folder, 'my clone', 'engine');
    cpSync(path.dirname(engineMemory), place, { recursive: true });
    // The binding finds it relative to itself.
    symlinkSync(path.join(cacheFolder, 'libtensorflow'), path.join(folder, 'my clone', 'libtensorflow'));
    const configured = process.env['SULCUS_ENGINE_BINDING'];
    process.env['SULCUS_ENGINE_BINDING'] = path.join(place, path.basename(engineBinding));
    try {
      await using engine = await startEngine({ label: 'test', kind: 'tensorflow' });
      assert.equal(engine.info.customAllocator, true);
    } finally {
      if (configured === undefined) delete process.env['SULCUS_ENGINE_BINDING'];
      else process.env['SULCUS_ENGINE_BINDING'] = configured;
    }
  });

  it('is in every engine process that is not told otherwise, and changes no number', async (t) => {
    if (process.env['SULCUS_ENGINE'] === 'portable') return t.skip('there is no TensorFlow');
    const outcomes: Record<string, { isLoaded: boolean; losses: number[][] }> = {};
    for (const allocator of ['custom', 'tensorflow'] as const) {
      await using engine = await startEngine({ label: 'test', kind: 'tensorflow', allocator });
      outcomes[allocator] = { isLoaded: engine.info.customAllocator, losses: [] };
      const network = networkProgram('float32');
      const program = await engine.load(network);
      await program.run('initialise', networkState(network, 1));
      // 64 images: the largest tensors are then large enough for it.
      for (let step = 0; step < 3; step++)
        outcomes[allocator].losses.push(numbers((await program.run('trainStep', networkBatch(step, 64)))['loss']));
    }
    assert.deepEqual([outcomes['custom']!.isLoaded, outcomes['tensorflow']!.isLoaded], [true, false]);
    assert.deepEqual(outcomes['custom']!.losses, outcomes['tensorflow']!.losses);
  });
});
