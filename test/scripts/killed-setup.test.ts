import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../../scripts/setup/paths.mjs';
import { processIdentity } from '../../scripts/setup/process-groups.mjs';
import { run } from '../../scripts/setup/process.mjs';

const LOCK = { packages: { 'node_modules/a': { version: '1.0.0' } } };
const NPM_THAT_HANGS = '#!/bin/sh\nsleep 300 &\necho "$$ $!" > pids.new && mv pids.new pids\nwait\n';
const NPM_THAT_WORKS =
  '#!/bin/sh\nmkdir -p node_modules/.bin && cp package-lock.json node_modules/.package-lock.json\n';
const NPM_THAT_FAILS = '#!/bin/sh\necho "npm error half a thought" >&2\nexit 1\n';

describe('a set-up that is killed while a program of it runs', { timeout: 60_000 }, () => {
  let clone = '';
  const inClone = (...parts: string[]) => path.join(clone, ...parts);
  const environment = (): NodeJS.ProcessEnv => ({
    ...process.env,
    PATH: `${inClone('programs')}${path.delimiter}${process.env['PATH']}`,
  });
  const writeNpm = (text: string) => writeFileSync(inClone('programs/npm'), text, { mode: 0o755 });
  const isAlive = (pid: number) => processIdentity(pid) !== undefined && !/^State:\s+Z/m.test(statusOf(pid));
  const statusOf = (pid: number): string => {
    try {
      return readFileSync(`/proc/${pid}/status`, 'utf8');
    } catch {
      return 'State:\tZ';
    }
  };
  const setUpArguments = () => [inClone('scripts/setup.mjs'), '--parts=packages'];

  /** @returns a set-up whose npm hangs, and the numbers of npm and of a program that npm has started */
  async function hangingSetUp(): Promise<{ setUp: ChildProcess; programs: number[] }> {
    writeNpm(NPM_THAT_HANGS);
    const setUp = spawn(process.execPath, setUpArguments(), { env: environment(), stdio: 'ignore' });
    while (!existsSync(inClone('pids'))) await sleep(20);
    const programs = readFileSync(inClone('pids'), 'utf8').trim().split(' ').map(Number);
    assert.ok(programs.length === 2 && programs.every(isAlive));
    return { setUp, programs };
  }

  beforeEach(() => {
    clone = mkdtempSync(path.join(tmpdir(), 'sulcus-killed-'));
    cpSync(path.join(root, 'scripts'), inClone('scripts'), { recursive: true });
    copyFileSync(path.join(root, 'package.json'), inClone('package.json'));
    writeFileSync(inClone('package-lock.json'), JSON.stringify(LOCK));
    mkdirSync(inClone('programs'));
  });
  afterEach(() => rmSync(clone, { recursive: true }));

  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`by ${signal} ends the program and its programs, gives the lock back and exits with ${code}`, async () => {
      const { setUp, programs } = await hangingSetUp();
      setUp.kill(signal);
      assert.deepEqual(await once(setUp, 'exit'), [code, null]);
      assert.deepEqual(programs.filter(isAlive), []);
      assert.equal(existsSync(inClone('.sulcus/setup.lock')), false);
    });
  }

  it('by SIGKILL leaves them to the next set-up, which ends them before it begins', async () => {
    const { setUp, programs } = await hangingSetUp();
    setUp.kill('SIGKILL');
    await once(setUp, 'exit');
    writeNpm(NPM_THAT_WORKS);
    const { code, stderr } = await run(process.execPath, setUpArguments(), { env: environment() });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^set-up: ended 2 programs that a killed set-up had left running$/m);
    assert.deepEqual(programs.filter(isAlive), []);
  });

  it('does not pass for finished by what an earlier one had installed', async () => {
    mkdirSync(inClone('node_modules'));
    writeFileSync(inClone('node_modules/.package-lock.json'), JSON.stringify({ packages: {} }));
    writeNpm(NPM_THAT_FAILS);
    const { code, stderr } = await run(process.execPath, setUpArguments(), { env: environment() });
    assert.equal(code, 1);
    assert.match(stderr, /half a thought/);
    assert.equal(existsSync(inClone('node_modules/.package-lock.json')), false);
  });
});
