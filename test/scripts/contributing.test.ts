import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const DOCUMENTS = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...markdownOf('docs')];

/** Folders of the sources: a path in a document that begins with one of them must be there. */
const ROOMS = /^(?:proto|services|libs|test|scripts|deploy|docs)\//;

function markdownOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => path.join(folder, file));
}

test('every path and link that the documents name is there', () => {
  const missing = DOCUMENTS.flatMap((document) => {
    const text = readFileSync(document, 'utf8');
    const named = [...text.matchAll(/`([^`\s]+)`/g)].map(([, name]) => name!).filter((name) => ROOMS.test(name));
    const links = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
      .map(([, link]) => link!)
      .filter((link) => !/^\w+:/.test(link));
    return [
      ...named.filter((name) => !/[*{<…]/.test(name) && !existsSync(name)),
      ...links.filter((link) => !existsSync(path.join(path.dirname(document), link))),
    ].map((name) => `${document}: ${name}`);
  });
  assert.deepEqual(missing, []);
});
