import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { connectBus } from '#libs/bus';
import { COMMANDS } from '../../../services/cli/commands.js';
import { isCode } from '../../helpers/errors.js';
import { startNats } from '../../helpers/nats.js';
import { root } from '../../../scripts/setup/paths.mjs';

const CLI = path.join(import.meta.dirname, '../../../services/cli/main.js');
const COMMAND_NAMES = Object.values(COMMANDS).flatMap(Object.keys);
const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-cli-'));
after(() => rmSync(folder, { recursive: true }));

interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string[];
}

const sulcus = (...words: string[]): Promise<Outcome> => run(CLI, words);

async function run(script: string, words: readonly string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [...process.execArgv, script, ...words], {
    env: { ...process.env, SULCUS_LOG_LEVEL: 'silent' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr: stderr.split('\n').filter((line) => line !== '') };
}

/** An ImageFolder with these classes; the files need be no images to be counted. */
function classFolder(...classes: string[]): string {
  const root = mkdtempSync(path.join(folder, 'data-'));
  for (const name of classes) {
    mkdirSync(path.join(root, name));
    writeFileSync(path.join(root, name, 'a.jpg'), '');
  }
  return root;
}

describe('sulcus', { concurrency: 2 }, () => {
  test('a reader that has seen enough ends the command quietly', async () => {
    const child = spawn(process.execPath, [...process.execArgv, CLI, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    assert.deepEqual([code, stderr], [0, '']);
  });

  test('a command that finds a broker which says nothing gives up and ends', { timeout: 60_000 }, async (t) => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    t.after(() => silent.close());
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const { code, stderr } = await sulcus('verify-record', '--nats', `nats://127.0.0.1:${port}`);
    assert.equal(code, 2);
    assert.match(stderr.join(), /BUS_UNAVAILABLE: No NATS server answers/);
  });

  test('on a broker that holds no state nothing is withdrawn, verified or made', async (t) => {
    const nats = await startNats(t);
    for (const [words, code, told] of [
      [['withdraw', 'site-a-3f2c', '--reason', 'why'], 1, /^withdraw: NOT_FOUND: .*another broker is meant/],
      [['verify-record'], 2, /^verify-record: cannot check: NOT_FOUND: /],
    ] as const) {
      const outcome = await sulcus(...words, '--nats', nats.url);
      assert.deepEqual([outcome.code, outcome.stdout], [code, '']);
      assert.match(outcome.stderr[0]!, told);
    }
    await using bus = await connectBus({ servers: nats.url, name: 'test' });
    await assert.rejects(bus.keyValue('withdrawn'), isCode('NOT_FOUND'));
  });

  test('--version prints the version of the package, --help every command', async () => {
    assert.match((await sulcus('--version')).stdout, /^\d+\.\d+\.\d+\n$/);
    const { code, stdout } = await sulcus('--help');
    assert.equal(code, 0);
    for (const command of COMMAND_NAMES) assert.match(stdout, new RegExp(`^  ${command} .*\\S`, 'm'));
  });

  test('every command explains itself', async () => {
    const { code, stdout } = await run(path.join(import.meta.dirname, '_fixtures/help.js'), COMMAND_NAMES);
    assert.equal(code, 0);
    for (const command of COMMAND_NAMES) assert.match(stdout, new RegExp(`^Usage: sulcus ${command} `, 'm'));
  });

  test('the documentation of the commands has a line for each', async () => {
    const readme = await readFile(path.join(root, 'services/cli/README.md'), 'utf8');
    const rows = Object.values(COMMANDS).flatMap((commands) =>
      Object.entries(commands).map(
        ([name, { operand = '', description }]) => `| \`${`${name} ${operand}`.trim()}\` | ${description} |`,
      ),
    );
    assert.deepEqual(
      rows.filter((row) => !readme.includes(row)),
      [],
    );
  });

  test('an unknown command is refused with exit code 2', async () => {
    assert.deepEqual(await sulcus('nonsense'), {
      code: 2,
      stdout: '',
      stderr: ["sulcus: INVALID_CONFIG: unknown command 'nonsense'", 'sulcus: see sulcus --help'],
    });
  });

  test('wrong options are all named at once, with exit code 2', async () => {
    const { code, stderr } = await sulcus(
      'up',
      '--epochs',
      '0',
      '--speed',
      '--port-nats',
      '99999',
      '--data',
      path.join(folder, 'none'),
    );
    assert.equal(code, 2);
    assert.deepEqual(stderr.slice(0, 4), [
      'sulcus: INVALID_CONFIG: --speed: there is no such option',
      `sulcus: INVALID_CONFIG: --data "${path.join(folder, 'none')}": there is no such file or folder`,
      'sulcus: INVALID_CONFIG: --epochs "0": expected a whole number from 1 to 9007199254740991',
      'sulcus: INVALID_CONFIG: --port-nats "99999": expected a whole number from 1 to 65535',
    ]);
  });

  test('data with one class is refused: there is nothing to tell apart', async () => {
    const { code, stderr } = await sulcus('up', '--once', '--data', classFolder('axial'));
    assert.equal(code, 2);
    assert.match(stderr[0]!, /has the one class "axial": at least two are needed/);
  });

  test('a summary or report that cannot be written is said before the run begins', async () => {
    const common = ['up', '--once', '--data', classFolder('a', 'b'), '--state', path.join(folder, 'unwritable')];
    const nowhere = path.join(folder, 'none', 'out.json');
    const summary = await sulcus(...common, '--json', nowhere);
    assert.equal(summary.code, 2);
    assert.match(summary.stderr[0]!, /--json ".*out\.json" cannot be written: .*no such file or directory/);
    const file = path.join(classFolder('c'), 'c', 'a.jpg');
    const report = await sulcus(...common, '--fresh', '--report', path.join(file, 'report'));
    assert.equal(report.code, 2);
    assert.match(report.stderr[0]!, /The report cannot be written to .*: .*not a directory/);
  });

  test('a port that was asked for and is taken is said so', async (t) => {
    const server = createServer().listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, stderr } = await sulcus(
      'up',
      '--once',
      '--data',
      classFolder('a', 'b'),
      '--state',
      path.join(folder, 'state'),
      '--port-predictor',
      String(port),
    );
    assert.equal(code, 1);
    assert.deepEqual(stderr, [
      `sulcus: PORT_IN_USE: Port ${port} for the predictor is taken by another process: ` +
        'choose another with --port-predictor',
    ]);
  });
});
