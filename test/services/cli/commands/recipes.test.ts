import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { getRecipe, listRecipes, parseRecipe } from '#libs/nn';
import { isCode } from '../../../helpers/errors.js';
import { main } from '../../../../services/cli/commands/recipes/recipes.js';

/** What the command prints. */
async function output(...words: string[]): Promise<string> {
  const log = mock.method(console, 'log', () => undefined);
  try {
    await main(words);
    return log.mock.calls.map((call) => String((call.arguments as unknown[])[0])).join('\n');
  } finally {
    log.mock.restore();
  }
}

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

test('sulcus recipes schema describes every setting and names the networks', async () => {
  const schema = JSON.parse(await output('schema')) as { properties: Record<string, { enum?: string[] }> };
  assert.deepEqual(Object.keys(schema.properties).includes('stream'), true);
  assert.ok(schema.properties['architecture']!.enum!.includes('resnet50'));
});
