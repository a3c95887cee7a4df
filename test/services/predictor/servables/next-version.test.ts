import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AliasRecord } from '#libs/registry';
import { isTakenBack, nextVersion } from '../../../../services/predictor/servables/next-version.js';

/** An alias that has moved onto these versions, the newest last. */
function aliasAfter(...moves: [string, ...string[]]): AliasRecord {
  const [version, ...history] = moves.toReversed();
  const move = (to: string) => ({ version: to, kind: 'promoted' as const, reason: 'test', timeUnixMs: 0 });
  return { ...move(version!), previousVersion: history[0], history: history.map(move), revision: moves.length };
}

const failed = (...versions: string[]) => ({ mayLoad: (version: string) => !versions.includes(version) });

test('nextVersion - what the alias names is loaded, unless it answers already', () => {
  const wanted = aliasAfter('a', 'b');
  assert.equal(nextVersion(wanted, undefined, failed()), 'b');
  assert.equal(nextVersion(wanted, { version: 'a', alive: true }, failed()), 'b');
  assert.equal(nextVersion(wanted, { version: 'b', alive: true }, failed()), undefined);
  assert.equal(nextVersion(wanted, { version: 'b', alive: false }, failed()), 'b');
});

test('nextVersion - when that cannot be loaded, what answered before is, unless it still does', () => {
  const wanted = aliasAfter('a', 'b', 'c');
  assert.equal(nextVersion(wanted, { version: 'a', alive: true }, failed('c')), undefined);
  assert.equal(nextVersion(wanted, { version: 'a', alive: false }, failed('c')), 'a');
  assert.equal(nextVersion(wanted, undefined, failed('c')), 'b');
  assert.equal(nextVersion(wanted, undefined, failed('c', 'b')), undefined);
});

test('isTakenBack - a version that the alias moved back from, not one that a newer version overtook', () => {
  assert.equal(isTakenBack('b', aliasAfter('a', 'b')), false);
  assert.equal(isTakenBack('b', aliasAfter('a', 'b', 'c')), false);
  assert.equal(isTakenBack('b', aliasAfter('a', 'b', 'a')), true);
  assert.equal(isTakenBack('b', aliasAfter('a', 'b', 'a', 'c')), true);
  assert.equal(isTakenBack('x', aliasAfter('a', 'b')), true);
});
