import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { decodeImage } from '#libs/imaging';
import type { ModelCard } from '#libs/registry';
import { attr } from '#libs/telemetry';
import { until } from '../../helpers/until.js';
import { RecordStore } from '../../../services/predictor/recording/record-store.js';
import { runSulcus, startSulcus, type Outcome } from './_cli.js';
import { checkHealth } from './protocols/_foreign-client.js';
import { CLASSES, createFixture, isRunning, publishModel, randomImage, type Fixture } from './_predictor.js';

const PUBLISHED_BY = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };

let fixture: Fixture;
let folder: string;
let predictor: ChildProcess;
let predictorOutput = '';
let address: string;
let card: ModelCard;
const image = await randomImage(1);

before(async () => {
  fixture = await createFixture();
  folder = await mkdtemp(path.join(tmpdir(), 'sulcus-predict-'));
  await mkdir(path.join(folder, 'images', 'deeper'), { recursive: true });
  await writeFile(path.join(folder, 'images', 'b.png'), image);
  await writeFile(path.join(folder, 'images', 'deeper', 'a, "quoted".JPG'), await randomImage(2, 'jpeg'));
  await writeFile(path.join(folder, 'images', 'broken.png'), image.subarray(0, 300));
  await writeFile(path.join(folder, 'images', 'notes.txt'), 'no image');

  card = await publishModel(fixture.registry, 1, {
    traceparent: `00-${PUBLISHED_BY.traceId}-${PUBLISHED_BY.spanId}-01`,
  });
  await fixture.registry.promote('champion', card.version, 'first');
  predictor = startSulcus(['predictor'], {
    SULCUS_PREDICTOR_ADDRESS: '127.0.0.1:0',
    SULCUS_NATS_URL: fixture.nats.url,
    SULCUS_TRACE_FILE: path.join(folder, 'spans.jsonl'),
    SULCUS_PREPARE_THREADS: '1',
    SULCUS_BATCH_SIZE: '4',
  });
  predictor.stderr!.on('data', (chunk: Buffer) => (predictorOutput += chunk.toString()));
  await until(() => /"address":"[^"]+"/.test(predictorOutput), 'the predictor listens', 60_000);
  address = /"address":"([^"]+)"/.exec(predictorOutput)![1]!;
  await until(async () => (await checkHealth(address, '')) === 'SERVING', 'the predictor serves', 60_000);
});
after(async () => {
  predictor.kill('SIGKILL');
  await fixture.close();
  await rm(folder, { recursive: true });
});

const predict = (...words: string[]): Promise<Outcome> =>
  runSulcus(['predict', ...words], { SULCUS_PREDICTOR_ADDRESS: address });

test('sulcus predict FILE: one row of a table, exit code 0', async () => {
  const { code, stdout, stderr } = await predict(path.join(folder, 'images', 'b.png'));
  assert.equal(code, 0, stderr);
  const [header, row] = stdout.trim().split('\n');
  assert.match(header!, /^file +class +probability +model version$/);
  assert.ok(
    CLASSES.some((name) => row!.includes(` ${name} `)),
    row,
  );
  assert.match(row!, new RegExp(`b\\.png +\\w+ +[0-9.]+ % +${card.version}$`));
});

test('sulcus predict DIR --csv --explain DIR: a row and a picture per image, errors in place, exit 1', async () => {
  const pictures = path.join(folder, 'pictures');
  const { code, stdout, stderr } = await predict(path.join(folder, 'images'), '--csv', '--explain', pictures);
  assert.equal(code, 1);
  assert.match(stderr, /1 of 3 images were not answered/);
  const rows = parse<Record<string, string>>(stdout, { columns: true });
  assert.deepEqual(
    rows.map(({ file }) => path.relative(folder, file!)),
    ['images/b.png', 'images/broken.png', 'images/deeper/a, "quoted".JPG'],
  );
  assert.equal(rows[1]!.error_code, 'IMAGE_TRUNCATED');
  for (const row of [rows[0]!, rows[2]!]) {
    const probabilities = CLASSES.map((name) => Number(row[`p(${name})`]));
    assert.ok(Math.abs(probabilities.reduce((sum, value) => sum + value, 0) - 1) < 1e-4);
    assert.equal(row.predicted_class, CLASSES[probabilities.indexOf(Math.max(...probabilities))]);
    assert.equal(row.model_version, card.version);
  }
  const found = (await readdir(pictures, { recursive: true })).filter((name) => name.endsWith('.png')).sort();
  assert.deepEqual(found, ['b.png.png', 'deeper/a, "quoted".JPG.png']);
  for (const name of found) {
    const [drawn, original] = await Promise.all(
      [path.join(pictures, name), path.join(folder, 'images', name.slice(0, -'.png'.length))].map(async (file) =>
        decodeImage(await readFile(file)),
      ),
    );
    assert.deepEqual([drawn!.width, drawn!.height], [original!.width, original!.height]);
  }
});

test('sulcus predict FILE DIR…: the files of all, each once, in the order in which they were named', async () => {
  const [deeper, file] = [path.join(folder, 'images', 'deeper'), path.join(folder, 'images', 'b.png')];
  const { code, stdout, stderr } = await predict(file, deeper, file, '--csv', '--concurrency', '2');
  assert.equal(code, 0, stderr);
  assert.deepEqual(
    parse<Record<string, string>>(stdout, { columns: true }).map((row) => path.basename(row.file!)),
    ['b.png', 'a, "quoted".JPG'],
  );
});

test('sulcus predict --class-ids: file names and class ids, behind the other columns and in JSON', async () => {
  const [csv, json, refused] = await Promise.all([
    predict(path.join(folder, 'images'), '--csv', '--class-ids'),
    predict(path.join(folder, 'images', 'b.png'), '--json', '--class-ids'),
    predict(path.join(folder, 'images', 'b.png'), '--class-ids'),
  ]);
  assert.match(csv.stdout.split('\r\n')[0]!, /^file,predicted_class,.*,error_message,file_name,predicted_class_id$/);
  const rows = parse<Record<string, string>>(csv.stdout, { columns: true });
  assert.deepEqual(
    rows.map((row) => row.file_name),
    ['b.png', 'broken.png', 'a, "quoted".JPG'],
  );
  assert.equal(rows[1]!.predicted_class_id, '');
  for (const row of [rows[0]!, rows[2]!]) assert.equal(CLASSES[Number(row.predicted_class_id)], row.predicted_class);
  const [answer] = JSON.parse(json.stdout) as { fileName: string; predictedClass: string; predictedClassId: number }[];
  assert.deepEqual([answer!.fileName, CLASSES[answer!.predictedClassId]], ['b.png', answer!.predictedClass]);
  assert.deepEqual([refused.code, /--class-ids needs --csv or --json/.test(refused.stderr)], [2, true]);
});

test('sulcus predict: nobody at the address is said once, exit code 1', async () => {
  const { code, stdout, stderr } = await predict(
    path.join(folder, 'images'),
    '--address',
    '127.0.0.1:1',
    '--wait',
    '300ms',
  );
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, /^predict: SERVICE_UNAVAILABLE: No predictor answers at 127\.0\.0\.1:1: is it running\?$/m);
});

test('sulcus predict: wrong options are all named, exit code 2; a path that is not there is said so', async () => {
  const [wrong, missing] = await Promise.all([
    predict('--concurrency', 'many', '--colour'),
    predict(path.join(folder, 'nowhere')),
  ]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /--concurrency "many"/);
  assert.match(wrong.stderr, /--colour/);
  assert.match(wrong.stderr, /<path\.\.\.> is missing/);
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /FILE_UNREADABLE: .*nowhere cannot be read/);
});

interface RecordedSpan {
  traceId: string;
  spanId: string;
  name: string;
  attributes: { key: string; value: { stringValue?: string } }[];
  links?: { traceId: string; spanId: string }[];
}

async function spans(name: string): Promise<RecordedSpan[]> {
  const lines = (await readFile(path.join(folder, 'spans.jsonl'), 'utf8')).trim().split('\n');
  type Request = { resourceSpans: { scopeSpans: { spans: RecordedSpan[] }[] }[] };
  return lines
    .flatMap((line) =>
      (JSON.parse(line) as Request).resourceSpans.flatMap(({ scopeSpans }) =>
        scopeSpans.flatMap((scope) => scope.spans),
      ),
    )
    .filter((span) => span.name === name);
}

test('sulcus predict --json --output FILE: a JSON array; span and record name each other', async () => {
  const output = path.join(folder, 'answers.json');
  const { code, stdout } = await predict(path.join(folder, 'images', 'b.png'), '--json', '--output', output);
  assert.equal(code, 0);
  assert.equal(stdout, '');
  const [answer] = JSON.parse(await readFile(output, 'utf8')) as [
    { predictionId: string; probabilities: object; modelHash: string },
  ];
  assert.deepEqual(Object.keys(answer.probabilities), CLASSES);
  assert.equal(answer.modelHash, card.weightsHash);
  const value = (span: RecordedSpan, key: string): string | undefined =>
    span.attributes.find((attribute) => attribute.key === key)?.value.stringValue;
  const find = async () =>
    (await spans('predict image')).find((span) => value(span, attr.predictionId) === answer.predictionId);
  await until(async () => (await find()) !== undefined, 'the span is written');
  const span = (await find())!;
  assert.equal(value(span, attr.sampleId), createHash('sha256').update(image).digest('hex'));
  assert.equal(value(span, attr.modelVersion), card.version);
  assert.deepEqual(
    span.links?.map(({ traceId, spanId }) => ({ traceId, spanId })),
    [PUBLISHED_BY],
  );
  assert.equal((await spans('load model')).length, 1);
  const { record } = (await new RecordStore(fixture.bus).find(answer.predictionId))!;
  assert.match(record.traceparent, new RegExp(`^00-${span.traceId}-${span.spanId}-`));
});

test('SIGTERM: the predictor ends by itself with code 0 and takes its engine along', async () => {
  const enginePid = Number(/"engine_pid":(\d+)/.exec(predictorOutput)![1]);
  assert.ok(isRunning(enginePid));
  predictor.kill('SIGTERM');
  const [code] = (await once(predictor, 'exit')) as [number | null];
  assert.equal(code, 0, predictorOutput);
  await until(() => !isRunning(enginePid), 'the engine has ended');
});
