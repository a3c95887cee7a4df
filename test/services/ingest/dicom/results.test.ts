import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { subjects } from '#libs/bus';
import { codecs, type StudyPredictionInput } from '#libs/contracts';
import { parseDicom, renderFrame, writeDicom } from '#libs/dicom';
import { parsePeer, storeObjects } from '#libs/dimse';
import {
  heatMapCapture,
  Pseudonyms,
  structuredReport,
  studyRegister,
  studyResult,
  type StudyResult,
} from '#services/ingest';
import { dcmtk, programOf, runDcmtk, runProgram, withoutDcmtk } from '../../../helpers/dcmtk.js';
import { freePort } from '../../../helpers/nats.js';
import { until } from '../../../helpers/until.js';
import { createIngestor, startHarness, temporaryFolder, TEST_KEY, type Harness } from '../_ingest.js';
import { sliceBytes } from './_objects.js';

const STUDY = '1.2.3.1';
const CLI = [path.resolve('dist/services/cli/main.js')];
const PREDICTION_ID = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
const PREDECESSOR_ID = '0b4f6c1e-6d0a-4d3e-8f2a-5b9c1e7d2a10';

/** Two slices of a patient whose name is in Latin-1, taken in; and what a predictor would say of them. */
async function startSite(t: TestContext) {
  const harness = await startHarness(t, { SULCUS_DATA_DIR: await temporaryFolder(t) });
  const { ingestor } = createIngestor(t, harness);
  const pseudonyms = new Pseudonyms('site-a', Buffer.from(TEST_KEY));
  const texts = {
    ...{ PatientName: 'Müller^Jürgen', SpecificCharacterSet: 'ISO_IR 100', PatientBirthDate: '19500102' },
    ...{ PatientSex: 'M', StudyDate: '20240301', StudyTime: '101500', AccessionNumber: 'ACC-77', StudyID: 'S1' },
  };
  const sampleIds: string[] = [];
  for (const seed of [1, 2]) {
    const outcome = await ingestor.ingestImage({ bytes: sliceBytes(texts, seed), source: 'test' });
    assert.equal(outcome.kind, 'ingested');
    sampleIds.push('sampleId' in outcome ? (outcome.sampleId ?? '') : '');
  }
  const studyId = pseudonyms.study(STUDY)!;
  const prediction: StudyPredictionInput = {
    ...{ studyPredictionId: PREDICTION_ID, studyId, revision: 2, supersedes: PREDECESSOR_ID },
    ...{ modelVersion: 'run-7', predictedClass: 'glioma', decision: 'STUDY_DECISION_FINDING' },
    probabilities: [
      { className: 'glioma', probability: 0.875 },
      { className: 'notumor', probability: 0.125 },
    ],
    anyFinding: { probability: 0.875, threshold: 0.5 },
    uncertainty: { entropy: 0.5436 },
    slices: sampleIds.map((sampleId, index) => ({
      ...{ sampleId, used: true, finding: 0.9 - index / 10, probabilities: [0.9 - index / 10, 0.1 + index / 10] },
    })),
    summary: 'Finding: glioma with probability 0.875',
    predictedUnixMs: Date.UTC(2024, 2, 2, 3, 4, 5),
  };
  const whole = codecs.StudyPrediction.decode(codecs.StudyPrediction.encode(prediction));
  const study = await studyRegister(harness.config.dataDir, pseudonyms).study(studyId);
  return { harness, studyId, prediction, sampleIds, result: studyResult(whole, study!) };
}

const capture = ({ prediction }: StudyResult, result: StudyResult) =>
  heatMapCapture(
    result,
    {
      ...{ sampleId: prediction.slices[0]!.sampleId, className: 'glioma', method: 'cam', width: 120, height: 3 },
      rgb: Uint8Array.from({ length: 3 * 120 * 3 }, (_, at) => at & 0xff),
    },
    1,
  );

/** A PACS of DCMTK that keeps what comes in a folder. */
async function startPacs(t: TestContext) {
  const folder = await temporaryFolder(t);
  const port = await freePort();
  const pacs = spawn(dcmtk('storescp')!, ['-aet', 'PACS', '-od', folder, '+uf', String(port)], { stdio: 'ignore' });
  t.after(() => pacs.kill());
  const echo = ['-aec', 'PACS', '127.0.0.1', String(port)];
  await until(async () => (await runDcmtk('echoscu', echo)).code === 0, 'the PACS answers');
  const received = async () =>
    Promise.all((await readdir(folder)).map(async (name) => parseDicom(await readFile(path.join(folder, name)))));
  return { at: `PACS@127.0.0.1:${port}`, received };
}

const environmentOf = ({ nats, config }: Harness): NodeJS.ProcessEnv => ({
  ...process.env,
  ...{ SULCUS_NATS_URL: nats.url, SULCUS_SITE: 'site-a', SULCUS_PSEUDONYM_KEY: TEST_KEY },
  SULCUS_DATA_DIR: config.dataDir,
});

function sulcus(args: readonly string[], env: NodeJS.ProcessEnv): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...CLI, 'results', ...args], { env });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += String(text)));
    child.on('close', (code) => resolve({ code, output }));
  });
}

describe('results that go back to the site', { skip: withoutDcmtk }, () => {
  test('a report is read by dsrdump as a measurement report of the original study, by a device', async (t) => {
    const { result } = await startSite(t);
    const file = path.join(await temporaryFolder(t), 'report.dcm');
    await writeFile(file, writeDicom(structuredReport(result)));
    const { code, output } = await runDcmtk('dsrdump', ['+U8', '+Pc', file]);
    assert.equal(code, 0, output);
    assert.doesNotMatch(output, /^E: /m);
    for (const said of [
      /Comprehensive SR Document/,
      /Patient *: Müller\^Jürgen \(M, 1950-01-02, #MRN-1234567\)/,
      /Predecessor Docs *: 1/,
      /Completion Flag *: COMPLETE/,
      /Imaging Measurement Report/,
      /Observer Type.*Device/,
      /Probability of glioma.*0\.875/,
      /NOT FOR DIAGNOSIS/,
    ])
      assert.match(output, said);
    // The site's own images, and the report before this one.
    const { output: whole } = await runDcmtk('dcmdump', [file]);
    for (const uid of ['1.2.3.1', '1.2.3.2', '1.2.3.4.1', '1.2.3.4.2']) assert.ok(whole.includes(`[${uid}]`), uid);
    assert.ok(whole.includes(`[2.25.${BigInt(`0x${PREDECESSOR_ID.replaceAll('-', '')}`)}]`));
  });

  test('the same prediction makes the same objects', async (t) => {
    const { result } = await startSite(t);
    assert.deepEqual(writeDicom(structuredReport(result)), writeDicom(structuredReport(result)));
  });

  test('a heat map is a Secondary Capture whose picture is kept, with the disclaimer under it', async (t) => {
    const { result } = await startSite(t);
    const file = parseDicom(writeDicom(capture(result, result)));
    const { width, height, data } = await renderFrame(file, { purpose: 'display' });
    assert.deepEqual({ width, height }, { width: 120, height: 14 });
    assert.deepEqual(
      data.subarray(0, 3 * 120 * 3),
      Uint8Array.from({ length: 3 * 120 * 3 }, (_, at) => at & 0xff),
    );
    // 17 letters of 6 columns, drawn in white.
    const white = data.subarray(3 * 120 * 3).filter((value) => value === 255).length / 3;
    assert.ok(white > 150 && white < 350, `${white} white pixels`);
    assert.equal(file.dataSet.text('BurnedInAnnotation'), 'YES');
    assert.equal(file.dataSet.text('StudyInstanceUID'), STUDY);
    assert.match(file.dataSet.text('SeriesDescription'), /NOT FOR DIAGNOSIS/);
  });

  test('dciodvfy finds no error in report and heat map', { skip: !programOf('dicom3tools', 'dciodvfy') }, async (t) => {
    const { result } = await startSite(t);
    const folder = await temporaryFolder(t);
    for (const [name, object] of [
      ['report', structuredReport(result)],
      ['capture', capture(result, result)],
    ] as const) {
      const file = path.join(folder, `${name}.dcm`);
      await writeFile(file, writeDicom(object));
      const { output } = await runProgram(programOf('dicom3tools', 'dciodvfy')!, [file]);
      assert.doesNotMatch(output, /^Error/m, `${name}: ${output}`);
    }
  });

  test('sulcus results sends to a PACS and writes FHIR; outside of the site nothing is made', async (t) => {
    const { harness, studyId, prediction } = await startSite(t);
    await harness.bus.publish(subjects.study(studyId), codecs.StudyPrediction, prediction);
    const pacs = await startPacs(t);
    const folder = await temporaryFolder(t);
    const env = environmentOf(harness);
    const { code, output } = await sulcus([studyId, '--to', pacs.at, '--output', folder], env);
    assert.equal(code, 0, output);
    const [report, ...others] = await pacs.received();
    assert.equal(others.length, 0);
    assert.equal(report!.dataSet.text('PatientID'), 'MRN-1234567');
    assert.equal(report!.dataSet.text('StudyInstanceUID'), STUDY);
    const fhir = JSON.parse(await readFile(path.join(folder, 'fhir.json'), 'utf8')) as {
      entry: { fullUrl: string; resource: Record<string, unknown> }[];
    };
    const types = fhir.entry.map(({ resource }) => resource['resourceType']);
    assert.deepEqual(types, ['ImagingStudy', 'Observation', 'Observation', 'DiagnosticReport']);
    const urls = new Set(fhir.entry.map(({ fullUrl }) => fullUrl));
    const { result, imagingStudy, status } = fhir.entry.at(-1)!.resource as {
      result: { reference: string }[];
      imagingStudy: { reference: string }[];
      status: string;
    };
    assert.equal(status, 'preliminary');
    for (const { reference } of [...result, ...imagingStudy]) assert.ok(urls.has(reference), reference);
    const elsewhere = await sulcus([studyId, '--output', folder], {
      ...env,
      SULCUS_DATA_DIR: await temporaryFolder(t),
    });
    assert.equal(elsewhere.code, 1);
    assert.match(elsewhere.output, /knows no study/);
  });

  test('a PACS that is away, or does not take a class, is said', async (t) => {
    const { result } = await startSite(t);
    const away = { peer: parsePeer(`PACS@127.0.0.1:${await freePort()}`), callingTitle: 'SULCUS', timeoutMs: 5_000 };
    await assert.rejects(storeObjects(away, [structuredReport(result)]), /PACS at 127\.0\.0\.1:\d+ cannot be reached/);
    const pacs = await startPacs(t);
    const strange = structuredReport(result);
    strange.elements.get(0x00080016)!.bytes = Buffer.from('1.2.3.4.5');
    const to = { ...away, peer: parsePeer(pacs.at) };
    await assert.rejects(storeObjects(to, [strange]), /does not take objects of the class 1\.2\.3\.4\.5/);
  });
});
