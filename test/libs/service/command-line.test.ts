import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { flag, integer, optional, text } from '#libs/config';
import { parseCommandLine } from '#libs/service';

const SPEC = {
  name: 'sulcus test',
  description: 'For tests.',
  options: {
    epochs: ['--epochs <n>', optional(integer({ min: 1, description: 'passes' }))],
    recipe: ['-r, --recipe <name>', text({ default: 'default', description: 'what to train' })],
    once: ['--once', flag({ default: false, description: 'stop when done' })],
    live: ['--no-live', flag({ default: true, description: 'no live view' })],
    portNats: ['--port-nats <port>', integer({ default: 4222, min: 1, max: 65535, description: 'port' })],
  },
} as const;

test('options are typed; those not given have their defaults', () => {
  assert.deepEqual(parseCommandLine(SPEC, ['--epochs', '3', '--once'])?.options, {
    epochs: 3,
    recipe: 'default',
    once: true,
    live: true,
    portNats: 4222,
  });
  assert.deepEqual(parseCommandLine(SPEC, ['--no-live', '-r', 'resnet18', '--port-nats=9'])?.options, {
    epochs: undefined,
    recipe: 'resnet18',
    once: false,
    live: false,
    portNats: 9,
  });
});

test('every mistake is named at once', () => {
  assert.throws(
    () => parseCommandLine(SPEC, ['--epochs', '0', '--port-nats', 'x', '--speed', 'extra']),
    (error: { code: string; details: { mistakes: string[] } }) => {
      assert.equal(error.code, 'INVALID_CONFIG');
      assert.deepEqual(error.details.mistakes, [
        '--speed: there is no such option',
        '--epochs "0": expected a whole number from 1 to 9007199254740991',
        '--port-nats "x": expected a whole number from 1 to 65535',
        'extra: not expected here',
        'see sulcus test --help',
      ]);
      return true;
    },
  );
});

test('an option without its value is a mistake', () => {
  assert.throws(() => parseCommandLine(SPEC, ['--epochs']), {
    code: 'INVALID_CONFIG',
    message: /--epochs <n>' argument missing/,
  });
});

test('a required operand is asked for, a second one refused', () => {
  const spec = { ...SPEC, operand: '<path>' };
  assert.equal(parseCommandLine(spec, ['folder', '--once'])?.operand, 'folder');
  assert.throws(() => parseCommandLine(spec, []), { message: /<path> is missing/ });
  assert.throws(() => parseCommandLine(spec, ['a', 'b']), { message: /b: not expected here/ });
});

test('--help is answered on stdout with options, defaults and environment, and nothing is to run', (t: TestContext) => {
  const printed: string[] = [];
  t.mock.method(process.stdout, 'write', (chunk: string) => printed.push(chunk) > 0);
  const result = parseCommandLine(
    {
      ...SPEC,
      environment: { url: ['SULCUS_NATS_URL', text({ default: 'nats://127.0.0.1:4222', description: 'server' })] },
    },
    ['--help', '--wrong'],
  );
  t.mock.restoreAll();
  assert.equal(result, undefined);
  const help = printed.join('');
  assert.match(help, /--recipe <name> +what to train \(default: default\)/);
  assert.match(help, /SULCUS_NATS_URL/);
});
