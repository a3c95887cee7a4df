import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { parseDeb822, parseSourcesList, readAptSources } from '../../scripts/setup/apt-sources.mjs';
import { archiveChoices } from '../../scripts/setup/nats-server.mjs';
import { formatDeb822 } from '../../scripts/setup/private-apt.mjs';

describe('apt sources in one-line form', () => {
  it('reads binary sources with and without options, and no comments', () => {
    const text = [
      '# deb http://old.example/debian bookworm main',
      'deb http://mirror.example/debian bookworm main contrib # the usual',
      'deb-src http://mirror.example/debian bookworm main',
      '  deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] https://other.example/repo stable main',
      'deb http://flat.example/repo ./',
    ].join('\n');
    assert.deepEqual(parseSourcesList(text), [
      { uri: 'http://mirror.example/debian', suites: ['bookworm'], components: ['main', 'contrib'] },
      {
        uri: 'https://other.example/repo',
        suites: ['stable'],
        components: ['main'],
        signedBy: '/usr/share/keyrings/x.gpg',
      },
      { uri: 'http://flat.example/repo', suites: ['./'], components: [] },
    ]);
  });
});

describe('apt sources in deb822 form', () => {
  it('reads several addresses and suites, continued lines and comments', () => {
    const text = [
      'Types: deb deb-src',
      '# a snapshot',
      'URIs: http://a.example/debian http://b.example/debian',
      'Suites: bookworm',
      ' bookworm-updates',
      'Components: main',
      'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg',
    ].join('\n');
    const rest = {
      suites: ['bookworm', 'bookworm-updates'],
      components: ['main'],
      signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg',
    };
    assert.deepEqual(parseDeb822(text), [
      { uri: 'http://a.example/debian', ...rest },
      { uri: 'http://b.example/debian', ...rest },
    ]);
  });

  it('leaves out what is disabled or holds sources only', () => {
    const text =
      'Types: deb-src\nURIs: http://a.example\nSuites: x\n\nEnabled: no\nTypes: deb\nURIs: http://b.example\n' +
      'Suites: x\n\n\nTypes: deb\nURIs: http://c.example\nSuites: x\n';
    assert.deepEqual(parseDeb822(text), [{ uri: 'http://c.example', suites: ['x'], components: [] }]);
  });

  it('keeps a key written into the source, and writes it back the same', () => {
    const key = 'Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINBF\n -----END PGP PUBLIC KEY BLOCK-----';
    const [source] = parseDeb822(`Types: deb\nURIs: http://a.example\nSuites: x\nComponents: main\n${key}\n`);
    assert.ok(source);
    assert.ok(formatDeb822(source).includes(key));
    assert.deepEqual(parseDeb822(formatDeb822(source)), [source]);
  });
});

describe('the sources of a machine', () => {
  it('come from both forms; files that apt ignores are ignored', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-apt-'));
    try {
      mkdirSync(path.join(folder, 'sources.list.d'));
      writeFileSync(path.join(folder, 'sources.list'), 'deb http://one.example/debian trixie main\n');
      writeFileSync(
        path.join(folder, 'sources.list.d/two.sources'),
        'Types: deb\nURIs: http://two.example/debian\nSuites: trixie\nComponents: main\n',
      );
      writeFileSync(
        path.join(folder, 'sources.list.d/three.sources.disabled'),
        'Types: deb\nURIs: http://three.example\nSuites: trixie\n',
      );
      assert.deepEqual(
        readAptSources(folder).map(({ uri }) => uri),
        ['http://one.example/debian', 'http://two.example/debian'],
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('are none where there is no apt', () => {
    assert.deepEqual(readAptSources('/nonexistent'), []);
  });
});

describe('where nats-server is looked for', () => {
  const sources = [
    {
      uri: 'http://mirror.example/debian',
      suites: ['bookworm', 'bookworm-updates'],
      components: ['main'],
      signedBy: '/k.gpg',
    },
    { uri: 'http://mirror.example/debian-security', suites: ['bookworm-security'], components: ['main'] },
    { uri: 'http://vendor.example/apt', suites: ['nodistro'], components: ['vendor'] },
    { uri: 'cdrom:[Debian]/', suites: ['bookworm'], components: ['main'] },
  ];

  it("on Debian: current suites of the machine's own mirror, and of nothing else", () => {
    assert.deepEqual(
      archiveChoices(sources, true),
      ['forky', 'sid', 'trixie'].map((suite) => ({
        label: `Debian ${suite}`,
        sources: [{ uri: 'http://mirror.example/debian', suites: [suite], components: ['main'], signedBy: '/k.gpg' }],
      })),
    );
  });

  it("elsewhere: the machine's own sources as they are", () => {
    assert.deepEqual(
      archiveChoices(sources, false).map((choice) => choice.sources),
      [sources],
    );
    assert.deepEqual(archiveChoices([], false), []);
  });
});
