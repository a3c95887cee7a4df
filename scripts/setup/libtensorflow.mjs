/** libtensorflow (two shared libraries and the headers), taken out of TensorFlow's own wheel. */
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { cacheFolder, libtensorflowFolder } from './paths.mjs';
import { SetupError, formatBytes, say, withProgress } from './output.mjs';
import { folderSize, moveIntoPlace, readJson, sha256OfFile, withTemporaryFolder, writeJson } from './files.mjs';
import { DOWNLOADERS, explainDownload } from './causes.mjs';
import { findDamage } from './intact.mjs';
import { findOnPath, mainError, run } from './process.mjs';

export const VERSION = '2.21.0';

/**
 * The pinned wheels by `process.arch`. Any wheel of a version holds the same libraries, whatever Python it is for, so
 * one is enough.
 */
export const WHEELS = {
  x64: {
    tags: [
      '--implementation',
      'cp',
      '--python-version',
      '3.11',
      '--abi',
      'cp311',
      '--platform',
      'manylinux_2_27_x86_64',
    ],
    sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
    /** What the wheel holds of them. @type {Record<string, import('./intact.mjs').FileRecord>} */
    libraries: {
      'libtensorflow_cc.so.2': {
        bytes: 788_086_608,
        sha256: '6505a4b9657e62100c6bdacb683957a395cb047725042945aaa50e40a71e429e',
      },
      'libtensorflow_framework.so.2': {
        bytes: 65_222_328,
        sha256: 'f060b323b26ef80add21b9df9428de3aeaf2843d772c5bb098745f7abff3709b',
      },
    },
  },
};

/** The wheel (270 MB) and what is kept of it (840 MB) are on the disk together for a moment. */
const NEEDED_BYTES = 1.2e9;

/** pip keeps what it downloads. */
const CACHED_BYTES = 300e6;

const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];

/** The C interface and what its headers include; the wheel's other headers (C++, 13 000 files) are of no use here. */
export const HEADERS = [
  'include/tensorflow/c/',
  'include/tensorflow/core/common_runtime/next_pluggable_device/c/',
  'include/tensorflow/core/platform/',
  'include/tsl/',
  'include/xla/tsl/',
];

/** Unpacks the chosen members one by one, streaming, so that memory stays small. */
const EXTRACT = `
import os, shutil, sys, zipfile
wheel, target, *wanted = sys.argv[1:]
prefixes = tuple('tensorflow/' + name for name in wanted)
with zipfile.ZipFile(wheel) as archive:
    for member in archive.infolist():
        if member.is_dir() or not member.filename.startswith(prefixes):
            continue
        path = os.path.join(target, *member.filename.split('/')[1:])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with archive.open(member) as source, open(path, 'wb') as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
`;

/** The folder in use: SULCUS_LIBTENSORFLOW_DIR, or the one that set-up fills. */
export function libtensorflowInUse() {
  return process.env.SULCUS_LIBTENSORFLOW_DIR
    ? path.resolve(process.env.SULCUS_LIBTENSORFLOW_DIR)
    : libtensorflowFolder(VERSION);
}

/** What a folder lacks to serve as libtensorflow. @param {string} folder */
export function missingParts(folder) {
  return [...LIBRARIES, 'include/tensorflow/c/c_api.h'].filter((name) => !existsSync(path.join(folder, name)));
}

async function findPython() {
  const python = findOnPath('python3') ?? findOnPath('python');
  if (!python)
    throw new SetupError(
      'python3 is not on PATH. It brings libtensorflow: install python3 and pip, or point ' +
        'SULCUS_LIBTENSORFLOW_DIR at a folder with libtensorflow.',
    );
  const { code } = await run(python, ['-m', 'pip', '--version']);
  if (code !== 0)
    throw new SetupError(
      `${python} has no pip. It brings libtensorflow: install pip (python3-pip), or point ` +
        'SULCUS_LIBTENSORFLOW_DIR at a folder with libtensorflow.',
    );
  return python;
}

async function downloadWheel(python, wheel, folder) {
  const args = [
    '-m',
    'pip',
    'download',
    `tensorflow-cpu==${VERSION}`,
    '--no-deps',
    '--only-binary=:all:',
    ...wheel.tags,
    '--dest',
    folder,
    '--progress-bar',
    'off',
    '--disable-pip-version-check',
    '--no-input',
  ];
  const { code, stderr } = await withProgress(
    `downloading TensorFlow ${VERSION}'s wheel (about 270 MB) with pip`,
    // pip gathers the download in TMPDIR, where its size can be watched.
    () => run(python, args, { env: { ...process.env, TMPDIR: folder } }),
    () => formatBytes(folderSize(folder)),
  );
  if (code !== 0) {
    throw new SetupError(
      `pip could not download tensorflow-cpu ${VERSION}: ${explainDownload(stderr, DOWNLOADERS.pip)}, ` +
        'or point SULCUS_LIBTENSORFLOW_DIR at a folder with libtensorflow; then run again.',
    );
  }
  const name = readdirSync(folder).find((file) => file.endsWith('.whl'));
  if (!name) throw new SetupError(`pip reported success but left no wheel of tensorflow-cpu ${VERSION}.`);
  const file = path.join(folder, name);
  const sha256 = await sha256OfFile(file);
  if (sha256 !== wheel.sha256)
    throw new SetupError(
      `${name} is not the published file (SHA-256 ${sha256}, expected ${wheel.sha256}): look at where pip gets ` +
        'its packages.',
    );
  return file;
}

export const libtensorflow = {
  name: 'libtensorflow',

  async isCurrent(options) {
    const folder = libtensorflowInUse();
    const missing = missingParts(folder);
    if (!process.env.SULCUS_LIBTENSORFLOW_DIR)
      return (
        missing.length === 0 &&
        readJson(path.join(folder, 'origin.json'))?.headers?.join() === HEADERS.join() &&
        (await this.findDamage(options)) === undefined
      );
    if (missing.length > 0) throw new SetupError(`SULCUS_LIBTENSORFLOW_DIR (${folder}) lacks ${missing.join(', ')}.`);
    return true;
  },

  /** Of the folder that set-up fills; nothing is wrong with a folder that is not there. */
  async findDamage(options) {
    const folder = libtensorflowFolder(VERSION);
    const records = WHEELS[process.arch]?.libraries;
    if (!records || !existsSync(folder)) return undefined;
    for (const name of LIBRARIES) {
      const damage = await findDamage(path.join(folder, name), records[name], options);
      if (damage) return damage;
    }
    return undefined;
  },

  needs() {
    const caches = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
    return [
      { what: 'libtensorflow', bytes: NEEDED_BYTES, folder: cacheFolder },
      { what: "pip's cache", bytes: CACHED_BYTES, folder: process.env.PIP_CACHE_DIR || path.join(caches, 'pip') },
    ];
  },

  async apply() {
    const wheel = WHEELS[process.arch];
    if (process.platform !== 'linux' || !wheel) {
      throw new SetupError(
        `No TensorFlow wheel is pinned for ${process.platform} ${process.arch}: point SULCUS_LIBTENSORFLOW_DIR ` +
          `at a folder with libtensorflow ${VERSION}, or use the containers.`,
      );
    }
    const python = await findPython();
    await withTemporaryFolder(async (folder) => {
      const file = await downloadWheel(python, wheel, folder);
      const unpacked = path.join(folder, 'unpacked');
      const { code, stderr } = await withProgress(
        'unpacking libtensorflow',
        () => run(python, ['-c', EXTRACT, file, unpacked, ...LIBRARIES, ...HEADERS]),
        () => (existsSync(unpacked) ? formatBytes(folderSize(unpacked)) : ''),
      );
      if (code !== 0)
        throw new SetupError(`The wheel could not be unpacked (${mainError(stderr)}): free some space and run again.`);
      const missing = missingParts(unpacked);
      if (missing.length > 0) throw new SetupError(`TensorFlow's wheel lacks ${missing.join(', ')}.`);
      writeJson(path.join(unpacked, 'origin.json'), {
        version: VERSION,
        wheel: path.basename(file),
        sha256: wheel.sha256,
        headers: HEADERS,
      });
      moveIntoPlace(unpacked, libtensorflowFolder(VERSION));
    });
    say(`libtensorflow ${VERSION} is in ${path.relative(process.cwd(), libtensorflowFolder(VERSION)) || '.'}`);
  },
};
