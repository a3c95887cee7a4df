import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { WriteStream } from 'node:tty';
import { codecs } from '#libs/contracts';
import { PipelineState } from '../../../../../services/cli/launcher/state/pipeline-state.js';
import { renderFrame, renderLine, type Snapshot } from '../../../../../services/cli/launcher/view/frame.js';
import { startView } from '../../../../../services/cli/launcher/view/live-view.js';
import { sparkline } from '../../../../../services/cli/launcher/view/sparkline.js';

function snapshot(): Snapshot {
  const state = new PipelineState();
  const event = {
    service: 'trainer',
    instance: 'one',
    training: { step: 12, epoch: 1, loss: 0.5, accuracy: 0.875, imagesPerSecond: 33.3 },
  };
  state.applyEvent(codecs.PipelineEvent.decode(codecs.PipelineEvent.encode(event)));
  state.servedVersion = 'main-000002';
  return {
    phase: 'training',
    elapsedMs: 61_000,
    state,
    processes: [{ name: 'trainer', state: 'running', restarts: 2 }],
    addresses: 'predictor 127.0.0.1:7002',
  };
}

test('a sparkline spans lowest to highest and averages down to the width', () => {
  assert.equal(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8), '▁▂▃▄▅▆▇█');
  assert.equal(sparkline([0, 0, 7, 7], 2), '▁█');
  assert.equal(sparkline([5, 5], 8), '▁▁');
  assert.equal(sparkline([Number.NaN], 8), '');
});

test('the picture shows what operators ask for first', () => {
  const text = renderFrame(snapshot(), 120).join('\n');
  for (const part of [
    'sulcus  training  1:01',
    'trainer running (restarted 2)',
    'step 12, epoch 2, 33.3 images/s',
    'serving main-000002',
    'predictor 127.0.0.1:7002',
  ]) {
    assert.ok(text.includes(part), `${part} in\n${text}`);
  }
});

test('a run that has not begun to train shows what it waits for, in the line too', () => {
  const shown = { ...snapshot(), state: new PipelineState() };
  assert.match(renderLine(shown), / not training yet, serving/);
  const state = { state: 'idle', message: 'waiting for labelled images: 28 to train and 0 to validate so far' };
  const event = { service: 'trainer', instance: 'one', state };
  shown.state.applyEvent(codecs.PipelineEvent.decode(codecs.PipelineEvent.encode(event)));
  for (const text of [renderLine(shown), renderFrame(shown, 120).join('\n')]) assert.ok(text.includes(state.message));
});

test('a validation in which everything is predicted as one class is an alarm', () => {
  const shown = snapshot();
  const validation = {
    service: 'trainer',
    instance: 'one',
    validation: { step: 12, loss: 1.4, accuracy: 0.31, samples: 1311, onlyPredicted: 'notumor' },
  };
  shown.state.applyEvent(codecs.PipelineEvent.decode(codecs.PipelineEvent.encode(validation)));
  assert.ok(renderFrame(shown, 120).some((line) => line.includes('ALARM: all predicted as "notumor"')));
});

test('images that wait for a label, and what is not the usual course, are in the picture and in the line', () => {
  const shown = snapshot();
  const apply = (body: object): void =>
    shown.state.applyEvent(
      codecs.PipelineEvent.decode(codecs.PipelineEvent.encode({ service: 'trainer', instance: 'one', ...body })),
    );
  apply({ waiting: { unlabelled: 3, unknownLabels: { astrocytoma: 12 }, newClassSamples: 0 } });
  apply({ state: { state: 'busy', message: 'waiting for room to store a checkpoint', notable: true } });
  const lines = renderFrame(shown, 200).join('\n');
  assert.match(
    lines,
    /waiting +3 images without a label; 12 images of "astrocytoma", which is not in the class list: they/,
  );
  assert.match(lines, /note +trainer: waiting for room to store a checkpoint/);
  assert.match(renderLine(shown), /, 15 images wait for a label, /);
  apply({ waiting: { unlabelled: 0, unknownLabels: {} } });
  assert.doesNotMatch(renderLine(shown), /wait for a label/);
});

test('what the launcher itself waits for is in the picture and in the line: what it shows may be old', () => {
  const stall = 'no progress for 30 s: waiting for the broker (to follow EVENTS)';
  assert.ok(renderFrame({ ...snapshot(), stall }, 120).some((line) => /^ +launcher +no progress for 30 s/.test(line)));
  assert.match(
    renderLine({ ...snapshot(), stall }),
    /: launcher: no progress for 30 s: waiting for .*EVENTS\), images/,
  );
  assert.doesNotMatch(renderLine(snapshot()), /launcher/);
});

test('a shadow version is shown beside the one in service', () => {
  const shown = snapshot();
  assert.ok(!renderFrame(shown, 120).join('\n').includes('shadow'));
  const shadow = {
    liveVersion: 'main-000002',
    shadowVersion: 'main-000003',
    compared: 8,
    agreed: 7,
    meanAbsoluteDifference: 0.0125,
    dropped: 2,
  };
  shown.state.applyEvent(
    codecs.PipelineEvent.decode(codecs.PipelineEvent.encode({ service: 'predictor', instance: 'one', shadow })),
  );
  assert.ok(
    renderFrame(shown, 160).some(
      (line) =>
        line.includes('shadow') &&
        line.includes(
          'main-000003 beside main-000002: 8 compared, 87.5 % agree, mean difference 0.013; 2 dropped, 0 failed',
        ),
    ),
  );
});

test('how full SCANS is, what was archived, and an archive that is away are shown, with a terminal and without', () => {
  const shown = snapshot();
  const archive = { state: 'ready', message: 'folder /archive', scansBytes: 5.2e9, scansMaxBytes: 8e9 };
  const counts = { archived: 1234, archivedBytes: 61.7e6, restored: 3, lost: 0 };
  const apply = (overrides: object): void =>
    shown.state.applyEvent(
      codecs.PipelineEvent.decode(
        codecs.PipelineEvent.encode({
          service: 'archiver',
          instance: 'one',
          archive: { ...archive, ...counts, ...overrides },
        }),
      ),
    );
  apply({});
  const row = (): string => renderFrame(shown, 200).find((line) => line.startsWith('  archive'))!;
  assert.match(row(), /SCANS 5\.2 GB of 8\.0 GB, 1234 archived \(61\.7 MB\), 3 came back$/);
  assert.match(renderLine(shown), /, SCANS 5\.2 GB of 8\.0 GB archived 1234, epoch/);
  apply({ state: 'unavailable', message: 'the bucket is away', lost: 2 });
  assert.match(row(), /2 LOST; NOT ARCHIVING: the bucket is away$/);
  assert.match(renderLine(shown), /archived 1234 \(NOT ARCHIVING\)/);
  apply({ state: 'waiting', message: '7 scans are kept by run "main"' });
  assert.match(row(), /; 7 scans are kept by run "main"$/);
});

test('several devices are named in picture and line, one is not', () => {
  const shown = snapshot();
  const on = (devices: string[]): string[] => {
    const event = { service: 'trainer', instance: 'one', state: { state: 'ready', message: 'begins', devices } };
    shown.state.applyEvent(codecs.PipelineEvent.decode(codecs.PipelineEvent.encode(event)));
    return [...renderFrame(shown, 120), renderLine(shown)].filter((line) => line.includes('training on'));
  };
  const [row, line, ...others] = on(['CPU:0', 'CPU:1']);
  assert.equal(row!.trim(), 'devices     training on 2 devices: CPU:0, CPU:1');
  assert.match(line!, /, training on 2 devices, epoch 2 step 12 loss/);
  assert.deepEqual(others, []);
  assert.deepEqual(on(['CPU:0']), []);
});

test('no line is wider than the terminal', () => {
  for (const columns of [20, 40, 80])
    assert.ok(renderFrame(snapshot(), columns).every((line) => line.length <= columns));
});

test('without a terminal there is one line', () => {
  const progress = 'images 0/0, epoch 2 step 12 loss 0.5000 accuracy 0.875, serving main-000002';
  const failures = 'restarts 2, dead letters 0';
  assert.equal(renderLine(snapshot()), `1:01 training: ${progress}, ${failures}`);
  const probed = { ...snapshot(), requests: { requests: 7, failedRequests: 1 } };
  assert.equal(renderLine(probed), `1:01 training: ${progress}, requests 7 failed 1, ${failures}`);
});

test("a file's name cannot send control sequences to the terminal", () => {
  const shown = snapshot();
  const letter = { service: 'ingest', code: 'IMAGE_EMPTY', cause: 'zero bytes', source: 'a\x1b[2J\nb.png' };
  shown.state.applyDeadLetter(codecs.DeadLetter.decode(codecs.DeadLetter.encode(letter)));
  const line = renderFrame(shown, 120).find((text) => text.includes('zero bytes'));
  assert.equal(line?.trim(), 'ingest: a?[2J?b.png: zero bytes');
});

const drawn = (size: { columns: number; rows: number }, environment?: NodeJS.ProcessEnv): string => {
  const output = Object.assign(new PassThrough(), { isTTY: true, ...size }) as unknown as WriteStream;
  startView(snapshot, output, true, environment).close();
  return String((output as unknown as PassThrough).read());
};

test('a terminal that does not know its size is taken for one of 80 columns and 24 rows', () => {
  assert.equal(drawn({ columns: 0, rows: 0 }), drawn({ columns: 80, rows: 24 }));
});

test('a terminal that cannot move its cursor gets lines', () => {
  assert.equal(drawn({ columns: 80, rows: 24 }, { TERM: 'dumb' }), `${renderLine(snapshot())}\n`);
});

test('the live view draws over itself, keeps notes, and gives the cursor back', () => {
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 10 }) as unknown as WriteStream;
  const view = startView(snapshot, output, true);
  view.note('a note');
  view.close();
  const text = String((output as unknown as PassThrough).read());
  assert.equal(text.split('\x1b[9A').length - 1, 2, 'nine of ten rows are drawn, and drawn over twice');
  assert.ok(text.includes('a note\n'));
  assert.ok(text.endsWith('\x1b[?25h'));
});
