import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { register } from 'tsx/esm/api';
import { getRecipe } from '#libs/nn';
import { isCode } from '../../../helpers/errors.js';
import { isRecipeFile, readRecipeFile as readFile } from '../../../../services/trainer/recipe/recipe-file.js';

const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-recipe-'));
after(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

const invalid = (text: RegExp) => isCode('INVALID_CONFIG', text);
const base = getRecipe('s0-resnet50');
const readRecipeFile = (file: string) => readFile(file, { allowCode: true });

describe('recipe files', () => {
  it('a module that computes its recipe gives the same as JSON with the result', async () => {
    const expected = { ...base, name: 'mine', epochs: 30 };
    const json = write('mine.json', JSON.stringify(expected));
    const source = `const epochs = 2 * 15;\nexport default { ...${JSON.stringify(base)}, name: 'mine', epochs };`;
    assert.deepEqual(await readRecipeFile(json), expected);
    assert.deepEqual(await readRecipeFile(write('mine.mjs', source)), expected);
  });

  it('a module in TypeScript is read where something strips its types, elsewhere refused with what to do', async () => {
    const source = `const name: string = 'mine';\nexport default { ...${JSON.stringify(base)}, name };`;
    if (!('typescript' in process.features && process.features.typescript))
      await assert.rejects(readRecipeFile(write('refused.mts', source)), invalid(/does not read TypeScript .*\.mjs/));
    const unregister = register();
    try {
      assert.deepEqual(await readRecipeFile(write('mine.mts', source)), { ...base, name: 'mine' });
    } finally {
      await unregister();
    }
  });

  it('a module is not run unless that is asked for', async () => {
    const file = write('rogue.mjs', 'globalThis.rogueRan = true; export default {};');
    await assert.rejects(readFile(file, { allowCode: false }), invalid(/SULCUS_RECIPE_CODE=true/));
    assert.ok(!('rogueRan' in globalThis));
  });

  it('names are told from files by their endings', () => {
    assert.deepEqual(['s0-resnet50', 'a/b.json', 'c.mjs', 'd.ts'].map(isRecipeFile), [false, true, true, true]);
  });

  it('every mistake of a module is reported, as of JSON', async () => {
    const file = write(
      'wrong.mjs',
      `export default { ...${JSON.stringify(base)}, batchSize: 0, epochs: 'many', archtecture: 'vgg16' };`,
    );
    await assert.rejects(readRecipeFile(file), invalid(/batchSize: [^]*epochs: [^]*archtecture/));
  });

  it('what is no recipe file is refused with its name', async () => {
    await assert.rejects(readRecipeFile(path.join(folder, 'none.json')), invalid(/none\.json cannot be read: ENOENT/));
    await assert.rejects(readRecipeFile(path.join(folder, 'none.mjs')), invalid(/none\.mjs cannot be read/));
    await assert.rejects(readRecipeFile(write('half.json', '{')), invalid(/half\.json cannot be read/));
    await assert.rejects(
      readRecipeFile(write('throws.mjs', 'throw new Error("no luck");')),
      invalid(/throws\.mjs cannot be read: no luck/),
    );
    await assert.rejects(
      readRecipeFile(write('empty.mjs', 'export const recipe = {};')),
      invalid(/empty\.mjs has no default export/),
    );
  });
});
