/**
 * Writes docs/schemas/recipe.json, the JSON Schema that recipe files are checked by. With --check it only compares, and
 * fails when they differ.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { recipeJsonSchema } from '#libs/nn';

const FILE = new URL('../docs/schemas/recipe.json', import.meta.url);
const text = `${JSON.stringify(recipeJsonSchema(), undefined, 2)}\n`;

if (!process.argv.includes('--check')) writeFileSync(FILE, text);
else if (!existsSync(FILE) || readFileSync(FILE, 'utf8') !== text) {
  console.error('docs/schemas/recipe.json differs from what recipes are checked by.\nRun: npm run generate');
  process.exitCode = 1;
}
