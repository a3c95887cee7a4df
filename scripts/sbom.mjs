/**
 * Writes sbom.cdx.json: every package of package-lock.json as CycloneDX, by npm; tools of development are marked so.
 * What changes from one call to the next (serial number, time, npm's version, the folder's name) is left out. With
 * --check it compares packages and hashes with package-lock.json, whatever npm's version, and fails when they differ.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './setup/paths.mjs';

const FILE = path.join(root, 'sbom.cdx.json');

/** @param {string} file @returns {any} */
const read = (file) => JSON.parse(readFileSync(path.join(root, file), 'utf8'));

function generate() {
  const words = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
  const bom = JSON.parse(execFileSync('npm', words, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 }));
  delete bom.serialNumber;
  delete bom.metadata.timestamp;
  delete bom.metadata.tools;
  bom.metadata.component.name = read('package.json').name;
  writeFileSync(FILE, `${JSON.stringify(bom, null, 1)}\n`);
}

/** Packages of the lock, as `name@version sha512`. */
function locked() {
  const packages = Object.entries(read('package-lock.json').packages);
  return packages.flatMap(([place, { version, integrity }]) => {
    if (place === '') return [];
    const known = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const hash = Buffer.from(integrity?.replace('sha512-', '') ?? '', 'base64').toString('hex');
    return [`${known}@${version} ${hash}`];
  });
}

/** The same of the bill. */
const billed = () =>
  read('sbom.cdx.json').components.map(
    (/** @type {any} */ { name, version, hashes }) =>
      `${name}@${version} ${hashes?.find((/** @type {any} */ { alg }) => alg === 'SHA-512')?.content ?? ''}`,
  );

if (!process.argv.includes('--check')) generate();
else {
  const [wanted, found] = [new Set(locked()), new Set(existsSync(FILE) ? billed() : [])];
  const differing = [
    ...[...wanted].filter((each) => !found.has(each)).map((each) => `missing: ${each}`),
    ...[...found].filter((each) => !wanted.has(each)).map((each) => `too much: ${each}`),
  ];
  if (differing.length > 0) {
    console.error(`sbom.cdx.json is not what package-lock.json says:\n${differing.slice(0, 20).join('\n')}`);
    console.error('Run: npm run sbom');
    process.exitCode = 1;
  }
}
