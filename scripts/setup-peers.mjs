/**
 * `npm run setup:peers`: brings what some tests and checks compare with, into `.sulcus/peers`, once: Python clients of
 * gRPC and of the Open Inference Protocol, in a virtual environment, an S3 server, and programs that speak and check
 * DICOM (DCMTK, Orthanc, pynetdicom, dicom3tools). The project itself runs without them.
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { readJson, writeJson } from './setup/files.mjs';
import { bringDcmtk } from './setup/dcmtk.mjs';
import { bringDicom3tools } from './setup/dicom3tools.mjs';
import { bringOrthanc } from './setup/orthanc.mjs';
import { withLock } from './setup/lock.mjs';
import { say, SetupError, withProgress } from './setup/output.mjs';
import { cacheFolder } from './setup/paths.mjs';
import { findOnPath, mainError, run } from './setup/process.mjs';

const folder = path.join(cacheFolder, 'peers');
const python = path.join(folder, 'bin', 'python');
const stampFile = path.join(folder, 'packages.json');

const REQUIRED = ['grpcio==1.81.1', 'grpcio-tools==1.81.1'];
/** There is none for every Python; checks that need it are then left out. */
const OPTIONAL = ['tritonclient[grpc]==2.73.0', 'pynetdicom==3.0.4'];
/** Programs from npm; what needs them is left out where they cannot be had. */
const PROGRAMS = ['s3rver@3.7.1'];
const WANTED = [...REQUIRED, ...OPTIONAL, ...PROGRAMS, 'dcmtk', 'orthanc', 'dicom3tools'].join(' ');

const isCurrent = () => readJson(stampFile)?.wanted === WANTED;

async function createEnvironment() {
  const system = process.env.PYTHON ?? findOnPath('python3');
  if (!system) throw new SetupError('python3 is not on PATH: install it, or name one in PYTHON.');
  rmSync(folder, { recursive: true, force: true });
  const { code, stdout, stderr } = await run(system, ['-m', 'venv', folder]);
  if (code !== 0) {
    const cause = mainError(`${stdout}\n${stderr}`);
    throw new SetupError(`${system} made no virtual environment (${cause}): on Debian, install python3-venv.`);
  }
}

/** @param {readonly string[]} packages @returns {Promise<string | undefined>} what went wrong */
async function install(packages) {
  const args = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--quiet', ...packages];
  const { code, stderr } = await withProgress(`installing ${packages.join(', ')} with pip`, () => run(python, args));
  return code === 0 ? undefined : mainError(stderr);
}

/** @returns {Promise<string | undefined>} what went wrong */
async function installPrograms() {
  const args = ['install', '--prefix', folder, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', ...PROGRAMS];
  const { code, stderr } = await withProgress(`installing ${PROGRAMS.join(', ')} with npm`, () => run('npm', args));
  return code === 0 ? undefined : mainError(stderr);
}

async function bringPeers() {
  if (isCurrent()) return;
  await createEnvironment();
  const failure = await install(REQUIRED);
  if (failure) throw new SetupError(`pip could not install ${REQUIRED.join(', ')}: ${failure}`);
  for (const name of OPTIONAL) {
    const lacking = await install([name]);
    if (lacking) say(`going on without ${name}: ${lacking}`);
  }
  const withoutPrograms = await installPrograms();
  if (withoutPrograms) say(`going on without ${PROGRAMS.join(', ')}: ${withoutPrograms}`);
  const withoutDcmtk = await withProgress('unpacking DCMTK', () => bringDcmtk(path.join(folder, 'dcmtk')));
  if (withoutDcmtk) say(`going on without DCMTK: ${withoutDcmtk}`);
  const withoutOrthanc = await withProgress('unpacking Orthanc', () => bringOrthanc(path.join(folder, 'orthanc')));
  if (withoutOrthanc) say(`going on without Orthanc: ${withoutOrthanc}`);
  const tools = path.join(folder, 'dicom3tools');
  const withoutTools = await withProgress('unpacking dicom3tools', () => bringDicom3tools(tools));
  if (withoutTools) say(`going on without dicom3tools: ${withoutTools}`);
  writeJson(stampFile, { wanted: WANTED });
}

try {
  if (!isCurrent()) await withLock(bringPeers);
  say(`${path.relative(process.cwd(), python)} has what checks compare with.`);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  process.exitCode = 1;
}
