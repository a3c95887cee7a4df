import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const FILES = [
  ...readdirSync('.').filter((file) => /\.(md|ya?ml)$/.test(file)),
  ...['proto', 'services', 'libs', 'test', 'scripts', 'deploy', 'docs'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => path.join(folder, file)),
  ),
];
const DOCUMENTS = FILES.filter((file) => file.endsWith('.md'));
/** What is written by hand and says where other things are; tests make up paths of their own. */
const SOURCES = FILES.filter(
  (file) =>
    /\.(ts|mjs|cc|h|py|proto|conf|ya?ml)$|Dockerfile$|^scripts\/gpu\//.test(file) &&
    !/^test\/|^libs\/contracts\/generated\//.test(file),
);

/** Folders of the sources: a path in a document that begins with one of them must be there. */
const FOLDERS = /^(?:proto|services|libs|test|scripts|deploy|docs)\//;

/** The same anywhere in a text, but as a part of a longer path, of an address or of a pattern. */
const PATHS = /(?<![\w./:#@-])(?:proto|services|libs|test|scripts|deploy|docs)\/[\w./-]*\w(?![\w./-]*[*{<$])/g;

/** The anchors of a document's titles, as they are linked to. */
function anchorsOf(document: string): string[] {
  return [...readFileSync(document, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );
}

function isThere(document: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? document : path.join(path.dirname(document), file);
  return existsSync(target) && (anchor === undefined || anchorsOf(target).includes(anchor));
}

test('every path and link that the documents name is there', () => {
  const missing = DOCUMENTS.flatMap((document) => {
    const text = readFileSync(document, 'utf8');
    const named = [...text.matchAll(/`([^`\s]+)`/g)].map(([, name]) => name!).filter((name) => FOLDERS.test(name));
    const links = [...text.matchAll(/\]\(([^)\s]+)[^)]*\)/g)]
      .map(([, link]) => link!)
      .filter((link) => !/^\w+:/.test(link));
    return [
      ...named.filter((name) => !/[*{<…]/.test(name) && !existsSync(name)),
      ...links.filter((link) => !isThere(document, link)),
    ].map((name) => `${document}: ${name}`);
  });
  assert.deepEqual(missing, []);
});

test('every path that sources and settings name is there', () => {
  const missing = SOURCES.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(PATHS)]
      .map(([name]) => name)
      .filter((name) => ![name, `${name}.ts`, name.replace(/\.js$/, '.ts')].some((candidate) => existsSync(candidate)))
      .map((name) => `${file}: ${name}`),
  );
  assert.deepEqual(missing, []);
});
