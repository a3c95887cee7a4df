import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { root } from '../../scripts/setup/paths.mjs';
import { run } from '../../scripts/setup/process.mjs';

const IMPORTS = {
  '#libs/*': { source: './libs/*/index.ts', default: './dist/libs/*/index.js' },
  '#services/*': { source: './services/*/index.ts', default: './dist/services/*/index.js' },
};

/** A small project of the same shape, in which nothing is wrong. */
const PROJECT: Record<string, string> = {
  'package.json': JSON.stringify({ type: 'module', dependencies: { sharp: '1.0.0' }, imports: IMPORTS }),
  'node_modules/sharp/index.js': '',
  'node_modules/sharp/package.json': '{ "name": "sharp", "version": "1.0.0", "main": "index.js" }',
  'libs/a/index.ts': "export { inside } from './inside.js';\n",
  'libs/a/inside.ts': 'export const inside = 1;\nexport type Inside = number;\n',
  'libs/imaging/index.ts': "import 'sharp';\nexport { inside } from '#libs/a';\n",
  'services/x/index.ts': "import '#libs/imaging';\nexport const x = 1;\n",
  'services/x/inside.ts': 'export const inside = 1;\n',
  'services/cli/index.ts': "import '#services/x';\n",
  'test/libs/a/a.test.ts': "import '../../../libs/a/inside.js';\n",
  // The other halves of two circles, which are reported once.
  'libs/circle/inside.ts': "import './index.js';\n",
  'libs/types-2/index.ts': "import type { Two } from '#libs/types-1';\nexport type One = Two extends 2 ? 1 : 0;\n",
  'scripts/s.ts': "import '#libs/a';\n",
};

/** What is wrong with a file more, by the rule that it breaks. */
const VIOLATIONS: { title: string; file: string; text: string; rule: string }[] = [
  {
    title: 'a circle inside a lib',
    file: 'libs/circle/index.ts',
    text: "export * from './inside.js';\n",
    rule: 'no-circle',
  },
  {
    title: 'a circle of types alone, through the doors of two libs',
    file: 'libs/types-1/index.ts',
    text: "import type { One } from '#libs/types-2';\nexport type Two = One | 2;\n",
    rule: 'no-circle',
  },
  {
    title: 'a lib that uses a service',
    file: 'libs/up/index.ts',
    text: "import '#services/x';\n",
    rule: 'services-use-libs',
  },
  {
    title: 'a lib that goes past the door of another',
    file: 'libs/past/index.ts',
    text: "import '../a/inside.js';\n",
    rule: 'libs-by-their-door',
  },
  {
    title: 'a service that goes past the door of a lib',
    file: 'services/past/index.ts',
    text: "import type { Inside } from '../../libs/a/inside.js';\nexport const x: Inside = 1;\n",
    rule: 'libs-by-their-door',
  },
  {
    title: 'a service that uses another',
    file: 'services/beside/index.ts',
    text: "import '#services/x';\n",
    rule: 'services-meet-on-the-bus',
  },
  {
    title: 'the command line past the door of a service',
    file: 'services/cli/past.ts',
    text: "import '../x/inside.js';\n",
    rule: 'services-by-their-door',
  },
  {
    title: 'a test past the door of a lib that it is not of',
    file: 'test/libs/b/b.test.ts',
    text: "import '../../../libs/a/inside.js';\n",
    rule: 'tests-by-the-door',
  },
  {
    title: 'a script past the door of a lib',
    file: 'scripts/past.ts',
    text: "import '../libs/a/inside.js';\n",
    rule: 'tests-by-the-door',
  },
  {
    title: 'a package outside the lib that it belongs to',
    file: 'libs/owned/index.ts',
    text: "import 'sharp';\n",
    rule: 'packages-in-one-place',
  },
];

describe('the boundaries', () => {
  let folder = '';
  let broken: Map<string, string[]>;
  const write = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  };

  /** The rules that each file breaks. */
  async function findBroken(): Promise<Map<string, string[]>> {
    const cruise = path.join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
    const config = path.join(root, '.dependency-cruiser.mjs');
    const args = [cruise, '--config', config, '--output-type', 'json', 'libs', 'services', 'test', 'scripts'];
    const { stdout, stderr } = await run(process.execPath, args, { cwd: folder });
    assert.equal(stderr, '');
    const { summary } = JSON.parse(stdout) as { summary: { violations: { from: string; rule: { name: string } }[] } };
    const rules = new Map<string, string[]>();
    for (const { from, rule } of summary.violations) rules.set(from, [...(rules.get(from) ?? []), rule.name]);
    return rules;
  }

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'sulcus-boundaries-'));
    for (const [file, text] of Object.entries(PROJECT)) write(file, text);
    for (const { file, text } of VIOLATIONS) write(file, text);
    symlinkSync(path.join(root, 'tsconfig.json'), path.join(folder, 'tsconfig.json'));
    broken = await findBroken();
  });
  after(() => rmSync(folder, { recursive: true }));

  it('allow what points from services to libs, and to packages where they belong', () => {
    assert.deepEqual(
      Object.keys(PROJECT).filter((file) => broken.has(file)),
      [],
    );
  });

  for (const { title, file, rule } of VIOLATIONS)
    it(`forbid ${title}`, () => assert.deepEqual(broken.get(file), [rule]));
});
