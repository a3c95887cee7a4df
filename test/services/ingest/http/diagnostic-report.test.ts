import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { IngestService } from '#services/ingest';
import { isCode } from '../../../helpers/errors.js';
import { sliceBytes } from '../dicom/_objects.js';
import { harnessLog, readLabels, readScans, startHarness, startService, temporaryFolder } from '../_ingest.js';

const SNOMED = 'http://snomed.info/sct';
const CODES = [
  { system: SNOMED, code: '393564001', label: 'glioma' },
  { system: SNOMED, code: '302820008', label: 'meningioma' },
];

const reportOf = (codes: readonly string[], more: Record<string, unknown> = {}): object => ({
  resourceType: 'DiagnosticReport',
  status: 'final',
  subject: { reference: 'Patient/1', display: 'Jane Doe' },
  conclusion: 'Jane Doe has it',
  imagingStudy: [{ identifier: { system: 'urn:dicom:uid', value: 'urn:oid:1.2.3.1' } }],
  conclusionCode: codes.map((code) => ({
    coding: [
      { system: 'urn:local', code: 'x' },
      { system: SNOMED, code },
    ],
  })),
  ...more,
});

async function startSite(t: TestContext) {
  const file = path.join(await temporaryFolder(t), 'codes.json');
  await writeFile(file, JSON.stringify(CODES));
  const harness = await startHarness(t, { SULCUS_HTTP_ADDRESS: '127.0.0.1:0', SULCUS_LABEL_CODES: file });
  const { service, client } = await startService(t, harness);
  for await (const ack of client.uploadImagesAcked([{ name: 'slice', image: sliceBytes() }]))
    assert.equal(ack.outcome, 'OUTCOME_INGESTED');
  const send = async (body: unknown): Promise<{ status: number; said: string }> => {
    const response = await fetch(`http://${service.httpAddress}/fhir/DiagnosticReport`, {
      method: 'POST',
      headers: { 'content-type': 'application/fhir+json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    const outcome = (await response.json()) as { resourceType: string; issue: { diagnostics: string }[] };
    assert.equal(outcome.resourceType, 'OperationOutcome');
    return { status: response.status, said: outcome.issue[0]!.diagnostics };
  };
  return { harness, send };
}

describe('reports over HTTP', () => {
  test('label their study by its pseudonym; nothing else of them is kept', async (t) => {
    const { harness, send } = await startSite(t);
    assert.equal((await send(reportOf(['393564001']))).status, 200);
    const [scan] = await readScans(harness.bus);
    const labels = await readLabels(harness.bus);
    assert.equal(labels.length, 1);
    const { message } = labels[0]!;
    assert.deepEqual(
      [message.studyId, message.label, message.labelSource],
      [scan!.message.studyId, 'glioma', 'report'],
    );
    assert.doesNotMatch(JSON.stringify(message), /Doe|1\.2\.3\.1/);
    // A correction is a further label.
    assert.equal((await send(reportOf(['302820008'], { status: 'corrected' }))).status, 200);
    assert.equal((await readLabels(harness.bus)).length, 2);
  });

  test('are refused with what is wrong where they do not say one class of one known study for good', async (t) => {
    const { harness, send } = await startSite(t);
    const study = (uid: string) => ({ identifier: { system: 'urn:dicom:uid', value: uid } });
    const wrong: [unknown, number, RegExp][] = [
      ['{', 422, /no JSON/],
      [{ resourceType: 'Patient' }, 422, /no DiagnosticReport/],
      [reportOf(['393564001'], { status: 'preliminary' }), 422, /"preliminary"/],
      [reportOf(['393564001'], { status: 'entered-in-error' }), 422, /"entered-in-error"/],
      [reportOf(['393564001'], { imagingStudy: [] }), 422, /names no study/],
      [reportOf(['393564001'], { imagingStudy: [study('1.2.3.1'), study('1.2.3.2')] }), 422, /several studies/],
      [reportOf(['0']), 422, /none of the codes/],
      [reportOf(['393564001', '302820008']), 422, /several classes/],
      [reportOf(['393564001'], { imagingStudy: [study('9.9.9')] }), 404, /Not known at site/],
      [{ ...reportOf(['0']), conclusionCode: Array(300_000).fill({}) }, 422, /no DiagnosticReport/],
      [JSON.stringify({ a: 'x'.repeat(2 ** 20) }), 422, /more than 1048576 bytes/],
    ];
    for (const [body, status, why] of wrong) {
      const told = await send(body);
      assert.equal(told.status, status, told.said);
      assert.match(told.said, why);
    }
    assert.equal((await readLabels(harness.bus)).length, 0);
  });
});

test('a table of codes that cannot be used is a mistake of configuration', async (t) => {
  const file = path.join(await temporaryFolder(t), 'codes.json');
  await writeFile(file, '[{"system": "a", "code": "b"}]');
  const harness = await startHarness(t, { SULCUS_HTTP_ADDRESS: '127.0.0.1:0', SULCUS_LABEL_CODES: file });
  const { bus, config } = harness;
  await assert.rejects(
    IngestService.start({ bus, config, log: harnessLog(harness), instance: 'test' }),
    isCode('INVALID_CONFIG', /0\.label/),
  );
});
