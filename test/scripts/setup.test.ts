import assert from 'node:assert/strict';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { HEADERS, VERSION, WHEELS } from '../../scripts/setup/libtensorflow.mjs';
import { compilerArguments } from '../../scripts/setup/native-module.mjs';
import { root } from '../../scripts/setup/paths.mjs';
import { run } from '../../scripts/setup/process.mjs';

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

  /** A clone of its own, without what set-up has brought. @returns its folder */
  function cloneScripts(name: string): string {
    const clone = path.join(folder, name);
    cpSync(path.join(root, 'scripts'), path.join(clone, 'scripts'), { recursive: true });
    copyFileSync(path.join(root, 'package.json'), path.join(clone, 'package.json'));
    return clone;
  }

  /** What has the names and sizes of libtensorflow, and nothing in it. */
  function writeLibrary(library: string): void {
    mkdirSync(path.join(library, 'include/tensorflow/c'), { recursive: true });
    writeFileSync(path.join(library, 'include/tensorflow/c/c_api.h'), '');
    writeFileSync(path.join(library, 'origin.json'), JSON.stringify({ headers: HEADERS }));
    for (const [name, { bytes }] of Object.entries(WHEELS.x64.libraries)) {
      writeFileSync(path.join(library, name), '');
      truncateSync(path.join(library, name), bytes);
    }
  }

  /** Runs set-up of the engine in a clone, on a machine without Python and compiler. */
  const setUpClone = (clone: string, variables: NodeJS.ProcessEnv, ...options: string[]) =>
    run(process.execPath, [path.join(clone, 'scripts/setup.mjs'), '--parts=engine', ...options], {
      env: { ...process.env, PATH: path.join(folder, 'none'), ...variables },
    });

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
      [
        { SULCUS_ENGINE_BINDING: path.join(folder, 'none.node') },
        /SULCUS_ENGINE_BINDING names .*, which does not exist/,
      ],
    ];
    for (const [variables, message] of cases) {
      const { code, stderr } = await setUp(variables);
      assert.equal(code, 1);
      assert.match(stderr, message);
      assert.equal(stderr.trim().split('\n').length, 1);
    }
  });

  it('goes on with the portable engine where TensorFlow cannot be had, and says why and what it means', async () => {
    const clone = cloneScripts('clone');
    const { code, stderr } = await setUpClone(clone, {});
    assert.equal(code, 0, stderr);
    assert.match(
      stderr,
      /^set-up: going on with the portable engine, .*, because TensorFlow cannot be had: python3 is not on PATH/m,
    );
    assert.equal(stderr.trim().split('\n').length, 2);
    const insisting = await setUpClone(clone, { SULCUS_ENGINE: 'tensorflow' });
    assert.equal(insisting.code, 1);
    assert.match(insisting.stderr, /^set-up: python3 is not on PATH/);
  });

  it('brings libtensorflow again when fewer headers were kept than are needed', async () => {
    const clone = cloneScripts('older');
    const library = path.join(clone, '.sulcus/libtensorflow', VERSION);
    writeLibrary(library);
    /** What is missed first: python3 to bring libtensorflow, or the compiler of the next step. */
    const missedWith = async (headers: readonly string[] | undefined): Promise<string | undefined> => {
      writeFileSync(path.join(library, 'origin.json'), JSON.stringify({ headers }));
      const { stderr } = await setUpClone(clone, {
        SULCUS_ENGINE: 'tensorflow',
        SULCUS_LIBTENSORFLOW_DIR: '',
        SULCUS_ENGINE_BINDING: '',
      });
      return /^set-up: (\S+) is not on PATH/m.exec(stderr)?.[1];
    };
    assert.deepEqual(
      [await missedWith(undefined), await missedWith(HEADERS.slice(1)), await missedWith(HEADERS)],
      ['python3', 'python3', 'g++'],
    );
  });

  it('notices a library that was cut short, and in a thorough run one with another content', async () => {
    const clone = cloneScripts('damaged');
    const library = path.join(clone, '.sulcus/libtensorflow', VERSION);
    const variables = { SULCUS_ENGINE: 'tensorflow', SULCUS_LIBTENSORFLOW_DIR: '', SULCUS_ENGINE_BINDING: '' };
    writeLibrary(library);
    assert.match((await setUpClone(clone, variables)).stderr, /^set-up: g\+\+ is not on PATH/m);
    assert.match(
      (await setUpClone(clone, variables, '--thorough')).stderr,
      /libtensorflow_cc\.so\.2 has another content than it had: bringing it again\nset-up: python3 is not on PATH/,
    );
    truncateSync(path.join(library, 'libtensorflow_framework.so.2'), 1000);
    assert.match(
      (await setUpClone(clone, variables)).stderr,
      /libtensorflow_framework\.so\.2 has 1000 bytes instead of 65222328: bringing it again\nset-up: python3/,
    );
  });

  it('notices a nats-server and a binding that were cut short', async () => {
    const clone = cloneScripts('cut-short');
    const place = (file: string, stamp: object) => {
      mkdirSync(path.dirname(path.join(clone, '.sulcus', file)), { recursive: true });
      writeFileSync(path.join(clone, '.sulcus', file), 'half', { mode: 0o755 });
      writeFileSync(path.join(clone, '.sulcus', `${file}.json`), JSON.stringify(stamp));
    };
    const record = { bytes: 8, sha256: '' };
    place('bin/nats-server', { version: '2.15.1', binary: record });
    const server = await setUpClone(clone, {}, '--parts=nats');
    assert.equal(server.code, 1);
    assert.match(server.stderr, /^set-up: \.sulcus\/bin\/nats-server has 4 bytes instead of 8: bringing it again$/m);
    writeLibrary(path.join(clone, '.sulcus/libtensorflow', VERSION));
    const linked = { libtensorflow: `../libtensorflow/${VERSION}`, origin: null };
    place('engine/tfjs_binding.node', { ...linked, file: record });
    const binding = await setUpClone(clone, { SULCUS_ENGINE: 'tensorflow' });
    assert.match(
      binding.stderr,
      /tfjs_binding\.node has 4 bytes instead of 8: bringing it again\nset-up: g\+\+ is not on PATH/,
    );
  });

  it('looks for no TensorFlow when the portable engine is asked for', async () => {
    const { code, stderr } = await setUp({
      SULCUS_ENGINE: 'portable',
      SULCUS_LIBTENSORFLOW_DIR: path.join(folder, 'none'),
      SULCUS_ENGINE_BINDING: path.join(folder, 'none.node'),
    });
    assert.equal(code, 0, stderr);
    assert.equal(stderr.trim().split('\n').length, 1);
    const unknown = await setUp({ SULCUS_ENGINE: 'gpu' });
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /SULCUS_ENGINE must be one of auto, tensorflow, portable, got "gpu"/);
  });
});

describe('a native module', () => {
  it('links both libraries and finds them relative to itself', () => {
    const args = compilerArguments({
      optimisation: '-O3',
      sources: ['a.cc'],
      headers: '/h',
      library: '/l',
      runPath: '$ORIGIN/../l',
      output: 'o.node',
    });
    for (const part of [
      '-O3',
      '-DNAPI_VERSION=8',
      '-l:libtensorflow_cc.so.2',
      '-l:libtensorflow_framework.so.2',
      '-Wl,-rpath,$ORIGIN/../l',
      '-I/h/include',
      '-I/l/include',
    ])
      assert.ok(args.includes(part), part);
  });
});
