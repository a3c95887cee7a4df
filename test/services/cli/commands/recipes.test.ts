import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { SulcusError } from '#libs/errors';
import { getRecipe, listRecipes, parseRecipe } from '#libs/nn';
import { commandOutput } from '../../../helpers/command-output.js';
import { isCode } from '../../../helpers/errors.js';
import { main } from '../../../../services/cli/commands/recipes/recipes.js';

/** What the command prints. */
const output = (...words: string[]): Promise<string> => commandOutput(main, words);

test('sulcus recipes lists every recipe', async () => {
  const text = await output();
  for (const name of listRecipes()) assert.match(text, new RegExp(`^${name} `, 'm'));
});

test('sulcus recipes show NAME prints what can be given back', async () => {
  for (const name of listRecipes()) {
    const shown = parseRecipe(JSON.parse(await output('show', name)));
    assert.equal(shown.name, name);
    assert.ok(shown.stream?.memorySize);
    assert.equal(shown.mode, getRecipe(name).mode, 'what is left open stays open');
  }
});

test('sulcus recipes show refuses a name that there is not, with those there are', async () => {
  await assert.rejects(output('show', 'nope'), isCode('INVALID_CONFIG', /known: .*default/));
});

test("sulcus recipes show FILE prints a recipe of one's own whole, or every mistake with the file", async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-recipes-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'mine.json');
  await writeFile(file, JSON.stringify({ ...getRecipe('default'), name: 'mine', shards: 4 }));
  assert.equal(parseRecipe(JSON.parse(await output('show', file))).shards, 4);
  await writeFile(file, JSON.stringify({ ...getRecipe('default'), shards: 0, epochs: 0 }));
  await assert.rejects(output('show', file), (error: SulcusError) => {
    assert.equal(error.code, 'INVALID_CONFIG');
    const mistakes = error.details['mistakes'] as string[];
    assert.deepEqual(
      mistakes.map((mistake) => mistake.slice(0, mistake.indexOf(': ', file.length + 2))),
      [`${file}: shards`, `${file}: epochs`],
    );
    return true;
  });
  await writeFile(file, JSON.stringify({ ...getRecipe('default'), transform: 'nope' }));
  await assert.rejects(output('show', file), isCode('INVALID_CONFIG', /transform "nope"/));
});

test('sulcus recipes schema describes every setting and names the networks', async () => {
  const schema = JSON.parse(await output('schema')) as { properties: Record<string, { enum?: string[] }> };
  assert.deepEqual(Object.keys(schema.properties).includes('stream'), true);
  assert.ok(schema.properties['architecture']!.enum!.includes('resnet50'));
});
