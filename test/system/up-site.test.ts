import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { parseDicom } from '#libs/dicom';
import type { RunSummary } from '../../services/cli/launcher/summary.js';
import { dcmtk, runDcmtk } from '../helpers/dcmtk.js';
import { until } from '../helpers/until.js';

const CLI = path.join(import.meta.dirname, '../../services/cli/main.js');
const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-site-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A launcher that plays a small hospital, and what it prints. */
function play(...options: string[]): { launcher: ChildProcess; output: () => string; exited: Promise<number | null> } {
  const words = ['up', '--site', '--no-live', '--phantoms', '24', ...options];
  const launcher = spawn(process.execPath, [...process.execArgv, CLI, ...words], {
    // Pseudonyms decide the splits: with this key some of so few patients are in each.
    env: { ...process.env, SULCUS_PSEUDONYM_KEY: 'key of the test of a hospital' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [launcher.stdout, launcher.stderr])
    stream.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const exited = once(launcher, 'exit').then(([code]) => code as number | null);
  return { launcher, output: () => printed, exited };
}

test('a hospital is played from the scanner to a DICOM SR under the original UIDs, step by step', {
  timeout: 280_000,
}, async () => {
  const [state, results, json] = ['state', 'results', 'out.json'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  const { output, exited } = play('--once', '--state', state, '--results', results, '--json', json);
  assert.equal(await exited, 0, output());

  const steps = [...output().matchAll(/^ +\d+ s {2}step (\d) of 7: /gm)].map(([, number]) => Number(number));
  assert.deepEqual(steps, [1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(readdirSync(results).sort(), ['fhir.json', 'heat-map-1.dcm', 'report.dcm']);
  const { site, images } = JSON.parse(readFileSync(json, 'utf8')) as RunSummary;
  assert.equal(site?.report, path.join(results, 'report.dcm'));
  // 24 studies of four slices, and localizers that nobody wants.
  assert.deepEqual([images.ingested, images.rejected], [96, 0]);
  const { dataSet } = parseDicom(readFileSync(site.report));
  assert.match(dataSet.text('PatientID'), /^PH-[A-Z]+-\d{4}$/);
  assert.equal(dataSet.text('StudyInstanceUID'), site.studyInstanceUid);
  assert.equal(dataSet.text('Modality'), 'SR');
  assert.ok(output().includes(site.studyInstanceUid));

  if (dcmtk('dsrdump') === undefined) {
    process.stdout.write('# there is no DCMTK here to read the report with: npm run setup:peers brings it\n');
    return;
  }
  const dumped = await runDcmtk('dsrdump', [site.report]);
  assert.equal(dumped.code, 0, dumped.output);
  assert.match(dumped.output, /Imaging Measurement Report/);
  assert.ok(dumped.output.includes(site.predictedClass), dumped.output);
});

test('Ctrl-C ends the play in the middle: nothing goes on, and the next start goes on with it', {
  timeout: 120_000,
}, async () => {
  const state = path.join(folder, 'stopped');
  for (const from of ['the first start', 'another']) {
    const { launcher, output, exited } = play('--state', state);
    await until(() => /step 3 of 7/.test(output()), `step 3 of ${from}`, 90_000);
    launcher.kill('SIGINT');
    assert.equal(await exited, 0, output());
    assert.doesNotMatch(output(), /Error|error:/);
  }
});
