/**
 * Generates libs/contracts/generated from proto/: types, and the descriptors of all messages, so that no process has to
 * parse the proto files when it starts. With --check it only compares, and fails when they differ.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import protobuf from 'protobufjs';

const root = path.resolve(import.meta.dirname, '..');
const target = path.join(root, 'libs/contracts/generated');
const check = process.argv.includes('--check');

/** All files under a folder, as relative path → text. */
function readTree(folder) {
  if (!existsSync(folder)) return new Map();
  return new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .map((file) => [path.relative(folder, file), readFileSync(file, 'utf8')]),
  );
}

/** A module with what the proto files say, as protobufjs writes it; fields are named in camel case. */
function descriptors() {
  const all = new protobuf.Root();
  all.resolvePath = (_origin, file) => path.join(root, 'proto', file);
  all.loadSync(protoFiles).resolveAll();
  const json = JSON.stringify(all.toJSON(), undefined, 1);
  return `/** Of protobufjs: an INamespace. */\nexport const DESCRIPTORS: object = ${json};\n`;
}

const protoFiles = readdirSync(path.join(root, 'proto'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.proto'))
  .sort();
const output = check ? mkdtempSync(path.join(tmpdir(), 'sulcus-generated-')) : target;
if (!check) rmSync(target, { recursive: true, force: true });

execFileSync(
  process.execPath,
  [
    path.join(root, 'node_modules/@grpc/proto-loader/build/bin/proto-loader-gen-types.js'),
    '--longs=Number',
    '--enums=String',
    '--defaults',
    '--oneofs',
    '--includeComments',
    '--inputTemplate=%sInput',
    '--outputTemplate=%s',
    '--importFileExtension=.js',
    '--grpcLib=@grpc/grpc-js',
    '--includeDirs=proto',
    `--outDir=${output}`,
    ...protoFiles,
  ],
  { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
);

writeFileSync(path.join(output, 'descriptors.ts'), descriptors());

if (check) {
  const [expected, actual] = [readTree(output), readTree(target)];
  const stale = [...new Set([...expected.keys(), ...actual.keys()])].filter(
    (file) => expected.get(file) !== actual.get(file),
  );
  rmSync(output, { recursive: true, force: true });
  if (stale.length > 0) {
    console.error(`Generated types differ from proto/: ${stale.join(', ')}\nRun: npm run generate`);
    process.exit(1);
  }
  console.log('Generated types are current.');
}
