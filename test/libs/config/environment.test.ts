import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { describe, it } from 'node:test';
import {
  bytes,
  choice,
  duration,
  existingPath,
  flag,
  integer,
  integers,
  list,
  number,
  optional,
  parseEnvironment,
  secret,
  site,
  text,
  variableHelp,
  withoutCredentials,
} from '#libs/config';
import type { SulcusError } from '#libs/errors';
import { isCode } from '../../helpers/errors.js';

const spec = {
  url: ['SULCUS_URL', text({ default: 'nats://127.0.0.1', description: 'Broker' })],
  classes: ['SULCUS_CLASSES', list({ minLength: 2, description: 'class names' })],
  workers: ['SULCUS_WORKERS', integer({ default: 2, min: 1, max: 8, description: 'Workers' })],
  token: ['SULCUS_TOKEN', optional(secret({ description: 'Token' }))],
} as const;

describe('parseEnvironment', () => {
  it('gives typed values, with defaults where nothing is set; empty counts as not set', () => {
    const config = parseEnvironment(spec, { SULCUS_CLASSES: 'a, b', SULCUS_WORKERS: '' });
    assert.deepEqual(config, { url: 'nats://127.0.0.1', classes: ['a', 'b'], workers: 2, token: undefined });
  });

  it('reports every mistake at once, by name', () => {
    assert.throws(
      () => parseEnvironment(spec, { SULCUS_WORKERS: '9' }),
      (error: SulcusError) => {
        assert.equal(error.code, 'INVALID_CONFIG');
        assert.match(error.message, /SULCUS_CLASSES is not set: class names/);
        assert.match(error.message, /SULCUS_WORKERS "9": expected a whole number from 1 to 8/);
        return true;
      },
    );
  });

  it('never shows a secret, neither in errors nor when printed', () => {
    const keys = {
      key: [
        'SULCUS_KEY',
        {
          ...secret({ description: 'Key' }),
          parse: (): never => {
            throw new Error('expected 64 hexadecimal digits');
          },
        },
      ],
    } as const;
    assert.throws(
      () => parseEnvironment(keys, { SULCUS_KEY: 'hunter2' }),
      (error: Error) => !error.message.includes('hunter2') && error.message.includes('SULCUS_KEY'),
    );
    const { token } = parseEnvironment(spec, { SULCUS_CLASSES: 'a,b', SULCUS_TOKEN: 'hunter2' });
    assert.ok(
      !inspect(token).includes('hunter2') &&
        !JSON.stringify({ token }).includes('hunter2') &&
        !String(token).includes('hunter2'),
    );
    assert.equal(token!.reveal(), 'hunter2');
  });

  it('shows no password of an address, in errors and where addresses are told', () => {
    const endpoint = { endpoint: ['ENDPOINT', choice(['a', 'b'], { description: 'where' })] } as const;
    assert.throws(
      () => parseEnvironment(endpoint, { ENDPOINT: 'http://key:hunter2@10.0.0.1:9000/x' }),
      isCode('INVALID_CONFIG', /ENDPOINT "http:\/\/10\.0\.0\.1:9000\/x": expected one of/),
    );
    assert.equal(withoutCredentials('nats://u:p@a:1,u:p@b:2, c:3'), 'nats://a:1,b:2, c:3');
    for (const text of ['MR1@10.0.0.7:104,MR2@10.0.0.8', 'https://a.example/x@y', 'a: b@c'])
      assert.equal(withoutCredentials(text), text);
  });

  it('takes a secret from a file, or says which file; never from two places', (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-secret-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = path.join(folder, 'key');
    writeFileSync(file, ' s3cret\n');
    const keys = { key: ['KEY', optional(secret({ description: 'a key' }))] } as const;
    assert.equal(parseEnvironment(keys, { KEY_FILE: file }).key?.reveal(), 's3cret');
    assert.equal(parseEnvironment(keys, {}).key, undefined);
    const both = { KEY_FILE: file, KEY: 'other' };
    assert.throws(() => parseEnvironment(keys, both), isCode('INVALID_CONFIG', /KEY and KEY_FILE are both set/));
    const empty = path.join(folder, 'empty');
    writeFileSync(empty, ' \n');
    const asked = { KEY_FILE: empty };
    assert.throws(() => parseEnvironment(keys, asked), isCode('INVALID_CONFIG', /KEY_FILE ".*empty": is empty/));
    const none = { KEY_FILE: path.join(folder, 'none') };
    assert.throws(() => parseEnvironment(keys, none), isCode('INVALID_CONFIG', /KEY_FILE ".*none": .*ENOENT/));
  });

  it('prints one line of help per variable', () => {
    const help = new Map(variableHelp(spec));
    assert.equal(help.get('SULCUS_WORKERS'), 'Workers (default: 2)');
    assert.equal(help.get('SULCUS_CLASSES'), 'class names (required)');
  });
});

describe('kinds of variable', () => {
  const cases: [string, { parse(value: string): unknown }, string, unknown][] = [
    ['durations to milliseconds', duration({ description: '' }), '1.5s', 1500],
    ['decimal amounts', bytes({ description: '' }), '8MB', 8_000_000],
    ['binary amounts', bytes({ description: '' }), '2GiB', 2_147_483_648],
    ['flags', flag({ description: '' }), 'yes', true],
    ['choices', choice(['a', 'b'], { description: '' }), 'b', 'b'],
    ['numbers', number({ description: '' }), '1e-4', 0.0001],
    ['names safe for subjects', site({ description: '' }), 'site-7', 'site-7'],
  ];
  for (const [what, kind, given, expected] of cases)
    it(`reads ${what}`, () => assert.equal(kind.parse(given), expected));

  const mistakes: [string, { parse(value: string): unknown }, string, RegExp][] = [
    ['a duration without unit', duration({ description: '' }), '10', /duration such as/],
    ['an amount of another unit', bytes({ description: '' }), '8 apples', /amount such as/],
    ['a fraction as whole number', integer({ description: '' }), '1.5', /whole number/],
    ['blank as number', number({ description: '' }), ' ', /a number/],
    ['a word outside the choices', choice(['a'], { description: '' }), 'c', /one of a/],
    ['a subject token with a dot', site({ description: '' }), 'a.b', /lower-case/],
    ['a path that is not there', existingPath({ description: '' }), '/no/such/folder', /no such file or folder/],
    [
      'a list of whole numbers with another word',
      integers({ min: 1, description: '' }),
      '4,many',
      /whole number from 1/,
    ],
    ['repeated list members', list({ description: '' }), 'a,a', /distinct/],
  ];
  for (const [what, kind, given, message] of mistakes)
    it(`refuses ${what}`, () => assert.throws(() => kind.parse(given), message));
});
