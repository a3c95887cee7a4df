import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { root } from '../../scripts/setup/paths.mjs';

const sources = (folder: string): string[] =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|mjs)$/.test(name))
    .map((name) => readFileSync(path.join(root, folder, name), 'utf8'));

test('every package that is installed for running is used by a source', () => {
  const { dependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const text = ['libs', 'services', 'scripts'].flatMap(sources).join('\n');
  const isNamed = (name: string): boolean => ["'", '/'].some((before) => text.includes(`${before}${name}`));
  assert.deepEqual(
    Object.keys(dependencies).filter((name) => !isNamed(name)),
    [],
  );
});
