import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { isCode } from '../../../../helpers/errors.js';
import type { ShownProcess } from '../../../../../services/cli/launcher/view/frame.js';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../../../helpers/until.js';
import { brokerReady, createBroker } from '../../../../../services/cli/launcher/processes/broker.js';
import { failureOf } from '../../../../../services/cli/launcher/processes/failure.js';
import { lastErrors } from '../../../../../services/cli/launcher/processes/log-tail.js';
import { runToEnd } from '../../../../../services/cli/launcher/processes/one-shot.js';
import { choosePort } from '../../../../../services/cli/launcher/processes/ports.js';
import { SignsOfLife } from '../../../../../services/cli/launcher/processes/signs-of-life.js';
import { SupervisedProcess } from '../../../../../services/cli/launcher/processes/supervised-process.js';

const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-supervised-'));
after(() => rmSync(folder, { recursive: true }));

const CHILD = path.join(import.meta.dirname, '_fixtures/child.js');
const anyPort = (): Promise<number> => choosePort({ port: 0, explicit: false, purpose: 'a test', option: '--port' });

function supervise(
  name: string,
  behaviour: string,
  maxRapidFailures?: number,
  silentAfterMs?: number,
): SupervisedProcess {
  return new SupervisedProcess({
    name,
    command: process.execPath,
    args: [...process.execArgv, CHILD, behaviour],
    environment: { ...process.env, SULCUS_LOG_LEVEL: 'silent' },
    logFile: path.join(folder, `${name}.log`),
    orphanGuard: 'ipc',
    maxRapidFailures,
    silentAfterMs,
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('a process killed with -9 is started again, and counted', async () => {
  const child = supervise('killed', 'run');
  child.start();
  const firstPid = child.pid!;
  process.kill(firstPid, 'SIGKILL');
  await until(() => child.restarts === 1 && child.state === 'running', 'the process runs again');
  assert.notEqual(child.pid, firstPid);
  await child.stop(5000);
  assert.equal(child.state, 'stopped');
  assert.equal(isAlive(child.pid!), false);
});

test('a process that keeps failing is given up after so many times, with its own words in the log', async () => {
  const child = supervise('failing', 'fail', 2);
  child.start();
  const [reason] = (await once(child, 'gaveUp')) as [string];
  assert.equal(reason, 'ended 2 times in a row soon after its start');
  assert.equal(child.state, 'failed');
  assert.deepEqual(lastErrors(child.spec.logFile).at(-1), 'child: STORAGE_FULL: no room');
});

test('a process that ends with the same error which time does not cure is given up after three times', async () => {
  const child = supervise('diverging', 'diverge');
  child.start();
  const [reason] = (await once(child, 'gaveUp')) as [string];
  assert.equal(reason, 'ended 3 times in a row with the same error');
  assert.equal(child.restarts, 2);
  assert.equal(
    failureOf('trainer', child.spec.logFile, reason).message,
    'MODEL_INVALID: trainer: the loss of step 12 is not finite',
  );
});

test('a process that ends with an error which time may cure is tried on', async () => {
  const child = supervise('full', 'fail');
  child.start();
  await until(() => child.restarts === 3, 'the process was started a fourth time');
  assert.notEqual(child.state, 'failed');
  await child.stop(5000);
});

test('a process with wrong configuration is not started again', async () => {
  const child = supervise('refusing', 'refuse');
  child.start();
  await once(child, 'gaveUp');
  assert.equal(child.restarts, 0);
  await child.stop(1000);
  assert.equal(child.state, 'failed');
});

test('a program that does not exist is given up at once', async () => {
  const child = new SupervisedProcess({
    name: 'none',
    command: path.join(folder, 'none'),
    args: [],
    environment: {},
    logFile: path.join(folder, 'none.log'),
    orphanGuard: 'ipc',
  });
  child.start();
  const [reason] = (await once(child, 'gaveUp')) as [string];
  assert.match(reason, /cannot be started/);
});

test('the broker syncs every message, survives a kill, and stops when asked', async () => {
  const [port, monitorPort] = [await anyPort(), await anyPort()];
  const broker = await createBroker({
    folder: path.join(folder, 'broker'),
    logFile: path.join(folder, 'broker.log'),
    port,
    monitorPort,
  });
  broker.start();
  await brokerReady(broker, port, new AbortController().signal);
  const varz = (await (await fetch(`http://127.0.0.1:${monitorPort}/varz`)).json()) as {
    max_payload: number;
    jetstream: { config: { sync_always?: boolean } };
  };
  assert.equal(varz.max_payload, 8 * 2 ** 20);
  assert.equal(varz.jetstream.config.sync_always, true);
  const firstPid = broker.pid!;
  process.kill(firstPid, 'SIGKILL');
  await until(() => broker.restarts === 1, 'the broker was started again');
  await brokerReady(broker, port, new AbortController().signal);
  await broker.stop(5000);
  assert.equal(isAlive(broker.pid!), false);
});

test('a launcher killed with -9 takes its services and its broker with it', async () => {
  const [port, monitorPort] = [await anyPort(), await anyPort()];
  const launcher = spawn(
    process.execPath,
    [
      ...process.execArgv,
      path.join(import.meta.dirname, '_fixtures/launcher.js'),
      path.join(folder, 'orphans'),
      String(port),
      String(monitorPort),
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [line] = (await once(launcher.stdout, 'data')) as [Buffer];
  const pids = JSON.parse(line.toString()) as number[];
  assert.deepEqual(pids.map(isAlive), [true, true]);
  launcher.kill('SIGKILL');
  await until(() => pids.every((pid) => !isAlive(pid)), 'all of them are gone');
});

test('a taken port is refused when it was asked for, and replaced when it was only the default', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await assert.rejects(choosePort({ port, explicit: true, purpose: 'the predictor', option: '--port-predictor' }), {
    code: 'PORT_IN_USE',
    message:
      `PORT_IN_USE: Port ${port} for the predictor is taken by another process: ` +
      'choose another with --port-predictor',
  });
  assert.notEqual(
    await choosePort({ port, explicit: false, purpose: 'the predictor', option: '--port-predictor' }),
    port,
  );
});

test('a service that stands still is restarted and the reason is said; one that waits says for what', async () => {
  const child = supervise('still', 'wait', undefined, 6000);
  child.start();
  const firstPid = child.pid!;
  await until(() => child.stall !== undefined, 'it to say what it waits for', 45_000);
  assert.match(child.stall!, /^no progress for \d+ s: waiting for what never comes$/);
  assert.equal(child.restarts, 0, 'waiting is no reason to restart it');
  process.kill(firstPid, 'SIGSTOP');
  await until(() => child.restarts === 1 && child.state === 'running', 'another to run', 40_000);
  assert.notEqual(child.pid, firstPid);
  assert.equal(isAlive(firstPid), false);
  assert.equal(child.restartReason, 'it gave no sign of life for 6 s');
  await child.stop(5000);
});

/** A command that runs to its end, stopped by the system once it has begun. */
async function stoppedCommand(name: string, signal: AbortSignal) {
  const spec = {
    name,
    command: process.execPath,
    args: [...process.execArgv, CHILD, 'run'],
    environment: { ...process.env, SULCUS_LOG_LEVEL: 'silent' },
    logFile: path.join(folder, `${name}.log`),
    silentAfterMs: 30_000,
  };
  const shown = new Set<ShownProcess & { pid?: number }>();
  const ended = runToEnd(spec, signal, shown);
  ended.catch(() => undefined);
  await until(() => shown.size === 1, 'it to be shown');
  const [command] = shown;
  const pid = (): number => Number(execFileSync('pgrep', ['-P', String(process.pid), '-f', `${CHILD} run`]));
  await delay(4000);
  process.kill(pid(), 'SIGSTOP');
  return { ended, shown, stall: () => command!.stall };
}

test('a command that stands still says so in the view, and is ended and told of', async () => {
  const { ended, shown, stall } = await stoppedCommand('still-command', new AbortController().signal);
  await until(() => stall() !== undefined, 'the view to say it', 40_000);
  assert.match(stall()!, /^no sign of life for \d+ s$/);
  await assert.rejects(ended, isCode('INTERNAL', /still-command gave no sign of life for 30 s and was ended/));
  assert.equal(shown.size, 0);
});

test('a command that stands still is ended, too, when the launcher is to stop', async () => {
  const stop = new AbortController();
  const { ended } = await stoppedCommand('stopping-command', stop.signal);
  stop.abort();
  await assert.rejects(Promise.race([ended, delay(25_000, undefined, { ref: false })]), { name: 'AbortError' });
});

test('a process that stands still before its first sign of life is noticed', async (t) => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  t.after(() => child.kill('SIGKILL'));
  let isNoticed = false;
  const limits = { silentAfterMs: 5000, firstSignMs: 35_000, onSilent: () => void (isNoticed = true) };
  const signs = new SignsOfLife(child, limits);
  await until(() => signs.stall !== undefined, 'it to be said', 50_000);
  assert.equal(signs.stall, 'no sign of life since its start, for 35 s');
  await until(() => isNoticed, 'it to be noticed', 20_000);
});
