import assert from 'node:assert/strict';
import { execFileSync, fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { readSpans } from '../telemetry/_fixtures/read-spans.js';

const FIXTURE = path.join(import.meta.dirname, '_fixtures/service.js');
const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-service-'));
after(() => rmSync(folder, { recursive: true }));

interface Outcome {
  code: number | null;
  stderr: string[];
}

function start(
  behaviour: string,
  environment: NodeJS.ProcessEnv = {},
  as: 'service' | 'command' = 'service',
): { child: ChildProcess; ready: Promise<unknown>; outcome: Promise<Outcome> } {
  const child = spawn(process.execPath, [...process.execArgv, FIXTURE, behaviour, as], {
    env: { ...process.env, SULCUS_LOG_LEVEL: 'silent', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const outcome = once(child, 'close').then(([code]) => ({
    code: code as number | null,
    stderr: stderr.split('\n').filter((line) => line !== ''),
  }));
  return { child, ready: once(child.stdout, 'data'), outcome };
}

describe('runService', { concurrency: 2 }, () => {
  test('a service that is done exits 0, silently, with its spans written', async () => {
    const file = path.join(folder, 'done.jsonl');
    assert.deepEqual(await start('done', { SULCUS_TRACE_FILE: file }).outcome, { code: 0, stderr: [] });
    assert.equal(readSpans(file)[0]?.name, 'work');
  });

  test('SIGTERM aborts the signal, and the stopped service exits 0', async () => {
    const { child, ready, outcome } = start('wait');
    await ready;
    child.kill('SIGTERM');
    assert.deepEqual(await outcome, { code: 0, stderr: [] });
  });

  test('a command that is stopped before it is done says so and exits 130; one that is done exits 0', async () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const { child, ready, outcome } = start('wait', {}, 'command');
      await ready;
      child.kill(signal);
      assert.deepEqual(await outcome, { code: 130, stderr: ['fixture: stopped before it was done'] });
    }
    assert.deepEqual(await start('done', {}, 'command').outcome, { code: 0, stderr: [] });
  });

  test('SIGHUP aborts the signal, however often it comes, and the stopped service exits 0', async () => {
    const { child, ready, outcome } = start('wait');
    await ready;
    for (let times = 0; times < 3; times++) child.kill('SIGHUP');
    assert.deepEqual(await outcome, { code: 0, stderr: [] });
  });

  test('a service whose terminal is closed exits 0, where Node would abort with a core dump', () => {
    const words = JSON.stringify([process.execPath, ...process.execArgv, FIXTURE, 'wait']);
    // A terminal of its own, which is closed when the service has said that it is ready.
    const script = `
import json, os, pty
pid, terminal = pty.fork()
if pid == 0: os.execvp(${JSON.stringify(process.execPath)}, json.loads(${JSON.stringify(words)}))
os.read(terminal, 100)
os.close(terminal)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))`;
    const environment = { ...process.env, SULCUS_LOG_LEVEL: 'silent', NODE_TEST_CONTEXT: '' };
    const printed = execFileSync('python3', ['-c', script], { env: environment, encoding: 'utf8', timeout: 60_000 });
    assert.equal(printed.trim(), '0');
  });

  test('a second signal exits at once when the service does not stop', async () => {
    const { child, ready, outcome } = start('stubborn');
    await ready;
    child.kill('SIGINT');
    setTimeout(() => child.kill('SIGINT'), 200);
    assert.equal((await outcome).code, 1);
  });

  test('wrong environment prints every mistake on a line of its own and exits 2', async () => {
    assert.deepEqual(await start('wrong environment').outcome, {
      code: 2,
      stderr: [
        'fixture: INVALID_CONFIG: SULCUS_A "x": expected a whole number from -9007199254740991 to 9007199254740991',
        'fixture: INVALID_CONFIG: SULCUS_B is not set: another number',
      ],
    });
  });

  test('any other failure is one clear line and exit code 1', async () => {
    assert.deepEqual(await start('port in use').outcome, {
      code: 1,
      stderr: ['fixture: PORT_IN_USE: Port 7001 is taken by another process'],
    });
  });

  test('an error that nobody catches is one clear line and exit code 1', async () => {
    assert.deepEqual(await start('throws elsewhere').outcome, {
      code: 1,
      stderr: ['fixture: INTERNAL: nobody catches this'],
    });
  });

  test('a handle that nobody closed does not keep a finished service alive', async () => {
    assert.equal((await start('leaves a handle open').outcome).code, 0);
  });

  test('a service whose launcher is gone stops by itself', async () => {
    const child = fork(FIXTURE, ['wait'], {
      execArgv: process.execArgv,
      env: { ...process.env, SULCUS_LOG_LEVEL: 'silent' },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    await once(child.stdout!, 'data');
    child.disconnect();
    const [code] = (await once(child, 'exit')) as [number];
    assert.equal(code, 0);
  });
});
