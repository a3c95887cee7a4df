import assert from 'node:assert/strict';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { compilerArguments } from '../../scripts/setup/engine-binding.mjs';
import { run } from '../../scripts/setup/process.mjs';
import { root } from '../../scripts/setup/paths.mjs';

const WITHOUT_BUILD = '--parts=packages,nats,engine';

/** Runs set-up as a person does, with some variables changed. */
const setUp = (variables: NodeJS.ProcessEnv, args: string[] = [WITHOUT_BUILD]) =>
  run(process.execPath, [path.join(root, 'scripts/setup.mjs'), ...args], { env: { ...process.env, ...variables } });

describe('set-up', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'sulcus-setup-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('does nothing and takes under 2 s when everything is there', async () => {
    const startedMs = performance.now();
    const { code, stderr } = await setUp({});
    assert.equal(code, 0, stderr);
    assert.equal(stderr.trim().split('\n').length, 1);
    assert.ok(performance.now() - startedMs < 2000);
  });

  it('refuses unknown options with exit code 2', async () => {
    const { code, stderr } = await setUp({}, ['--part=nats', '--parts=nats,gpu']);
    assert.equal(code, 2);
    assert.match(stderr, /unknown: --part=nats gpu\. Known are --parts=/);
  });

  it('says in one line what is wrong with a part that was pointed elsewhere', async () => {
    const old = path.join(folder, 'nats-server');
    writeFileSync(old, '#!/bin/sh\necho "nats-server: v2.9.10"\n', { mode: 0o755 });
    const cases: [NodeJS.ProcessEnv, RegExp][] = [
      [{ SULCUS_NATS_SERVER: old }, /SULCUS_NATS_SERVER .* is version 2\.9\.10: 2\.10\.27 or newer is needed/],
      [{ SULCUS_NATS_SERVER: path.join(folder, 'none') }, /SULCUS_NATS_SERVER names .*, which does not run/],
      [{ SULCUS_LIBTENSORFLOW_DIR: folder }, /SULCUS_LIBTENSORFLOW_DIR .* lacks libtensorflow_cc\.so\.2/],
      [{ SULCUS_ENGINE_BINDING: path.join(folder, 'none.node') }, /SULCUS_ENGINE_BINDING names .*, which does not exist/],
    ];
    for (const [variables, message] of cases) {
      const { code, stderr } = await setUp(variables);
      assert.equal(code, 1);
      assert.match(stderr, message);
      assert.equal(stderr.trim().split('\n').length, 1);
    }
  });

  it('goes on with the portable engine where TensorFlow cannot be had, and says why and what it means', async () => {
    // A clone of its own, without what set-up has brought, on a machine without Python.
    const clone = path.join(folder, 'clone');
    cpSync(path.join(root, 'scripts'), path.join(clone, 'scripts'), { recursive: true });
    copyFileSync(path.join(root, 'package.json'), path.join(clone, 'package.json'));
    mkdirSync(path.join(folder, 'bin'));
    const setUpClone = (variables: NodeJS.ProcessEnv) => run(process.execPath, [path.join(clone, 'scripts/setup.mjs'), '--parts=engine'], { env: { ...process.env, PATH: path.join(folder, 'bin'), ...variables } });
    const { code, stderr } = await setUpClone({});
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^set-up: going on with the portable engine, correct but several times slower, because TensorFlow cannot be had: python3 is not on PATH/m);
    assert.equal(stderr.trim().split('\n').length, 2);
    const insisting = await setUpClone({ SULCUS_ENGINE: 'tensorflow' });
    assert.equal(insisting.code, 1);
    assert.match(insisting.stderr, /^set-up: python3 is not on PATH/);
  });

  it('looks for no TensorFlow when the portable engine is asked for', async () => {
    const { code, stderr } = await setUp({ SULCUS_ENGINE: 'portable', SULCUS_LIBTENSORFLOW_DIR: path.join(folder, 'none'), SULCUS_ENGINE_BINDING: path.join(folder, 'none.node') });
    assert.equal(code, 0, stderr);
    assert.equal(stderr.trim().split('\n').length, 1);
    const unknown = await setUp({ SULCUS_ENGINE: 'gpu' });
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /SULCUS_ENGINE must be one of auto, tensorflow, portable, got "gpu"/);
  });
});

describe('the engine binding', () => {
  it('links both libraries and finds them relative to itself', () => {
    const args = compilerArguments({ sources: ['a.cc'], headers: '/h', library: '/l', runPath: '$ORIGIN/../l', output: 'o.node' });
    for (const part of ['-DNAPI_VERSION=8', '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2', '-Wl,-rpath,$ORIGIN/../l', '-I/h/include', '-I/l/include']) assert.ok(args.includes(part), part);
  });
});
