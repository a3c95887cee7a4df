import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { findOrphans, fingerprintSources } from '../../scripts/setup/build.mjs';
import { isInstalled } from '../../scripts/setup/npm-packages.mjs';

describe('the compiled sources', () => {
  let base = '';
  const write = (file: string, text = '') => {
    mkdirSync(path.dirname(path.join(base, file)), { recursive: true });
    writeFileSync(path.join(base, file), text);
  };
  beforeEach(() => {
    base = mkdtempSync(path.join(tmpdir(), 'sulcus-sources-'));
    write('tsconfig.json', '{}');
    write('libs/a/index.ts', 'export {};');
    write('services/b/main.ts', 'export {};');
  });
  afterEach(() => rmSync(base, { recursive: true }));

  it('are current while nothing changed', () => {
    const before = fingerprintSources(base);
    write('libs/a/README.md', 'not compiled');
    assert.equal(fingerprintSources(base), before);
  });

  const changes: Record<string, () => void> = {
    'a source is touched': () => utimesSync(path.join(base, 'libs/a/index.ts'), 1, 1),
    'a source comes': () => write('services/b/new.ts'),
    'a source goes': () => rmSync(path.join(base, 'services/b/main.ts')),
    'a setting changes': () => write('tsconfig.json', '{ }'),
  };
  for (const [title, change] of Object.entries(changes)) {
    it(`are stale when ${title}`, () => {
      const before = fingerprintSources(base);
      change();
      assert.notEqual(fingerprintSources(base), before);
    });
  }

  it('of a vanished source are found, and only those', () => {
    for (const file of [
      'libs/a/index.js',
      'libs/a/index.js.map',
      'services/b/gone.js',
      'services/b/gone.js.map',
      '.tsbuildinfo',
    ])
      write(`dist/${file}`);
    const orphans = findOrphans(base, path.join(base, 'dist'))
      .map((file) => path.relative(base, file))
      .sort();
    assert.deepEqual(orphans, ['dist/services/b/gone.js', 'dist/services/b/gone.js.map']);
  });
});

describe('the npm packages', () => {
  const wanted = {
    packages: {
      '': {},
      'node_modules/a': { version: '1.0.0' },
      'node_modules/other-platform': { version: '2.0.0', optional: true },
    },
  };

  it('are in place when every needed one has the wanted version', () => {
    assert.equal(isInstalled(wanted, { packages: { 'node_modules/a': { version: '1.0.0' } } }), true);
  });

  it('are not when one is missing, or has another version even if optional', () => {
    assert.equal(isInstalled(wanted, undefined), false);
    assert.equal(isInstalled(wanted, { packages: {} }), false);
    assert.equal(isInstalled(wanted, { packages: { 'node_modules/a': { version: '1.0.1' } } }), false);
    assert.equal(
      isInstalled(wanted, {
        packages: { 'node_modules/a': { version: '1.0.0' }, 'node_modules/other-platform': { version: '1.9.0' } },
      }),
      false,
    );
  });
});
