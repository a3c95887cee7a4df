import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { flag, integer, integers, optional, text } from '#libs/config';
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
    (error: { code: string; details: { mistakes: string[]; advice: string } }) => {
      assert.equal(error.code, 'INVALID_CONFIG');
      assert.deepEqual(error.details.mistakes, [
        '--speed: there is no such option',
        '--epochs "0": expected a whole number from 1 to 9007199254740991',
        '--port-nats "x": expected a whole number from 1 to 65535',
        'extra: not expected here',
      ]);
      assert.equal(error.details.advice, 'see sulcus test --help');
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

test('an option that is not given has the value of its variable, and mistakes name where the value came from', () => {
  const spec = {
    ...SPEC,
    options: {
      nats: ['--nats <url>', text({ default: 'nats://here', description: 'servers' }), { variable: 'SULCUS_NATS_URL' }],
      epochs: ['--epochs <n>', optional(integer({ min: 1, description: 'passes' })), { variable: 'SULCUS_EPOCHS' }],
    },
  } as const;
  const read = (words: string[], environment: NodeJS.ProcessEnv) => parseCommandLine(spec, words, environment)?.options;
  assert.deepEqual(read([], {}), { nats: 'nats://here', epochs: undefined });
  assert.deepEqual(read([], { SULCUS_NATS_URL: '', SULCUS_EPOCHS: '2' }), { nats: 'nats://here', epochs: 2 });
  assert.deepEqual(read(['--nats', 'nats://there'], { SULCUS_NATS_URL: 'nats://elsewhere' }), {
    nats: 'nats://there',
    epochs: undefined,
  });
  assert.throws(() => read([], { SULCUS_EPOCHS: 'x' }), { message: /SULCUS_EPOCHS "x": expected a whole number/ });
});

test('an earlier spelling of an option is understood, and not shown', (t: TestContext) => {
  const output = ['--output <file>', optional(text({ description: 'where to' })), { alias: '--out' }] as const;
  const spec = { ...SPEC, options: { output } };
  assert.equal(parseCommandLine(spec, ['--out', 'a'])?.options.output, 'a');
  assert.equal(parseCommandLine(spec, ['--output', 'b'])?.options.output, 'b');
  const printed: string[] = [];
  t.mock.method(process.stdout, 'write', (chunk: string) => printed.push(chunk) > 0);
  parseCommandLine(spec, ['--help']);
  t.mock.restoreAll();
  assert.match(printed.join(''), /--output <file> +where to\n/);
  assert.doesNotMatch(printed.join(''), /--out /);
});

test('--help is answered on stdout with options, defaults and environment, and nothing is to run', (t: TestContext) => {
  const printed: string[] = [];
  t.mock.method(process.stdout, 'write', (chunk: string) => printed.push(chunk) > 0);
  const result = parseCommandLine(
    {
      ...SPEC,
      options: {
        ...SPEC.options,
        reason: ['--reason <text>', text({ description: 'why' })],
        levels: ['--levels <list>', integers({ default: [1, 8], description: 'levels' })],
        rates: ['--rates <list>', integers({ default: [], description: 'rates' })],
      },
      environment: { url: ['SULCUS_NATS_URL', text({ default: 'nats://127.0.0.1:4222', description: 'server' })] },
    },
    ['--help', '--wrong'],
  );
  t.mock.restoreAll();
  assert.equal(result, undefined);
  const help = printed.join('');
  assert.match(help, /--recipe <name> +what to train \(default: default\)/);
  assert.match(help, /--reason <text> +why \(required\)/);
  assert.match(help, /--levels <list> +levels \(default: 1,8\)/);
  assert.match(help, /--rates <list> +rates\n/);
  assert.match(help, /SULCUS_NATS_URL/);
});
