import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

  it('goes on without the engine when that is allowed, and says so', async () => {
    const { code, stderr } = await setUp({ SULCUS_LIBTENSORFLOW_DIR: folder }, [WITHOUT_BUILD, '--engine=optional']);
    assert.equal(code, 0);
    assert.match(stderr, /going on without the engine: SULCUS_LIBTENSORFLOW_DIR/);
  });
});

describe('the engine binding', () => {
  it('links both libraries and finds them relative to itself', () => {
    const args = compilerArguments({ sources: ['a.cc'], headers: '/h', library: '/l', runPath: '$ORIGIN/../l', output: 'o.node' });
    for (const part of ['-DNAPI_VERSION=8', '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2', '-Wl,-rpath,$ORIGIN/../l', '-I/h/include', '-I/l/include']) assert.ok(args.includes(part), part);
  });
});
