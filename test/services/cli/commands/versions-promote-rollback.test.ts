import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectBus, type Bus } from '#libs/bus';
import { Registry } from '#libs/registry';
import { cardDraft, randomContent } from '../../../helpers/cards.js';
import { commandOutput } from '../../../helpers/command-output.js';
import { isCode } from '../../../helpers/errors.js';
import { main as freeze } from '../../../../services/cli/commands/freeze.js';
import { main as promote } from '../../../../services/cli/commands/promote.js';
import { main as rollback } from '../../../../services/cli/commands/rollback.js';
import { main as thaw } from '../../../../services/cli/commands/thaw.js';
import { main as versions } from '../../../../services/cli/commands/versions.js';
import { startNats, type TestNats } from '../../../helpers/nats.js';

const GATE = {
  split: 'gate' as const,
  samples: 120,
  classCounts: { glioma: 60, notumor: 60 },
  sampleSetHash: 'd'.repeat(64),
  looks: 1,
  loss: 0.4,
  accuracy: 0.85,
  calibrationError: 0.05,
  reason: 'not better: 85.0 % right of 120',
};

let nats: TestNats;
let bus: Bus;
let registry: Registry;
before(async () => {
  nats = await startNats();
  bus = await connectBus({ servers: nats.url, name: 'test' });
  await bus.ensureTopology();
  registry = new Registry(bus);
});
after(async () => {
  await bus.drain();
  await nats.stop();
});

/** What a command prints. */
const output = (command: Parameters<typeof commandOutput>[0], ...words: string[]): Promise<string> =>
  commandOutput(command, [...words, '--nats', nats.url]);

test('sulcus versions says so when there are none', async () => {
  assert.equal(await output(versions), 'No model version has been published yet');
});

test('sulcus promote moves an alias onto a version with a reason, and says when it is there already', async () => {
  for (const [step, loss] of [
    [10, 0.5],
    [20, 0.25],
  ] as const)
    await registry.publish(
      cardDraft({
        step,
        metrics: { validation: { loss, accuracy: 0.9, samples: 20 } },
        ...(step === 20 && { parent: 'main-000001' }),
      }),
      randomContent(100),
    );
  assert.equal(await output(promote, 'main-000001', '--reason', 'first'), 'champion: none → main-000001');
  assert.equal(
    await output(promote, 'main-000002', '--reason', 'better in the trial'),
    'champion: main-000001 → main-000002',
  );
  assert.equal(await output(promote, 'main-000002', '--reason', 'again'), 'champion is main-000002 already');
  assert.equal(
    await output(promote, 'main-000001', '--alias', 'candidate', '--reason', 'another look'),
    'candidate: none → main-000001',
  );
  const { version, reason, history } = (await registry.alias('champion'))!;
  assert.deepEqual([version, reason, history.length], ['main-000002', 'better in the trial', 1]);
});

test('sulcus rollback undoes the last promotion in one call, and refuses when there is none', async () => {
  assert.deepEqual(JSON.parse(await output(rollback, '--reason', 'worse in practice', '--json')), {
    alias: 'champion',
    version: 'main-000001',
    previousVersion: 'main-000002',
  });
  assert.equal((await registry.alias('champion'))!.reason, 'worse in practice');
  await assert.rejects(output(rollback, '--reason', 'once more'), isCode('NOT_FOUND', /no version to go back to/));
});

test('sulcus versions lists the newest first: aliases, validation, parent, and the last move of an alias', async () => {
  const [header, newest, oldest, ...rest] = (await output(versions)).split('\n');
  assert.match(
    header!,
    /^version +alias +published \(UTC\) +network +step +loss +accuracy +gate +parent +weights +last move, or verdict$/,
  );
  assert.match(
    newest!,
    /^main-000002 +\d{4}-\d\d-\d\d \d\d:\d\d +baseline-cnn +20 +0\.2500 +90\.0 % +main-000001 +kept +champion /,
  );
  assert.match(newest!, / champion \d{4}-\d\d-\d\d \d\d:\d\d: better in the trial$/);
  assert.match(
    oldest!,
    /^main-000001 +candidate, champion .* 0\.5000 +90\.0 % +kept +champion .*: rolled back: worse in practice$/,
  );
  assert.deepEqual(rest, []);
  const [json] = JSON.parse(await output(versions, '--json')) as [{ version: string; lastMove: { reason: string } }];
  assert.deepEqual([json.version, json.lastMove.reason], ['main-000002', 'better in the trial']);
});

test('sulcus versions shows what was declined, why, and that its weights are not kept', async () => {
  const metrics = { validation: { loss: 0.2, accuracy: 0.95, samples: 20 }, gate: GATE };
  await registry.publish(cardDraft({ step: 30, metrics }), randomContent(100), { keepsWeights: false });
  const [, newest] = (await output(versions)).split('\n');
  assert.match(newest!, /^main-000003 .* 95\.0 % +85\.0 % +card only +not better: 85\.0 % right of 120$/);
  const [json] = JSON.parse(await output(versions, '--json')) as [{ hasWeights: boolean; gateAccuracy: number }];
  assert.deepEqual([json.hasWeights, json.gateAccuracy], [false, 0.85]);
  await assert.rejects(output(promote, 'main-000003', '--reason', 'x'), isCode('MODEL_INVALID', /without its weights/));
});

test('a reason and a version that exists are asked for', async () => {
  await assert.rejects(output(promote), isCode('INVALID_CONFIG', /--reason is not given[^]*<version> is missing/));
  await assert.rejects(output(rollback), isCode('INVALID_CONFIG', /--reason is not given/));
  await assert.rejects(output(promote, 'main-000009', '--reason', 'a typo'), isCode('NOT_FOUND', /main-000009/));
});

test('sulcus freeze and thaw say what they did', async () => {
  const champion = (await registry.alias('champion'))!.version;
  assert.equal(await output(freeze, '--reason', 'an audit'), `champion stays on ${champion} until sulcus thaw`);
  assert.equal((await registry.frozen('champion'))!.reason, 'an audit');
  assert.match(
    (await output(versions)).split('\n').at(-1)!,
    /^champion is frozen since \d{4}-\d\d-\d\d \d\d:\d\d \(an audit\): sulcus thaw$/,
  );
  assert.equal(await output(thaw, '--reason', 'it is over'), 'champion may move again');
  await output(freeze, '--reason', 'another');
  const gate = { ...GATE, reason: 'champion is frozen (another), it would be promoted: better', frozen: true };
  const metrics = { validation: { loss: 0.2, accuracy: 0.95, samples: 20 }, gate };
  const { version } = await registry.publish(cardDraft({ step: 40, metrics }), randomContent(100));
  assert.match(
    await output(thaw, '--reason', 'done'),
    new RegExp(`; ${version} was better meanwhile: sulcus promote `),
  );
  assert.match(
    await output(freeze, '--alias', 'new', '--reason', 'x'),
    /^new points to no version yet: the first takes/,
  );
  assert.equal(await output(thaw, '--reason', 'again'), 'champion was not frozen');
});
