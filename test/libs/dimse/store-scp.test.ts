import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  isTitle,
  parseCaller,
  startStoreScp,
  type ScpNotice,
  type StoreAnswer,
  type StoreScpOptions,
} from '#libs/dimse';
import { runDcmtk, withoutDcmtk } from '../../helpers/dcmtk.js';
import { associationRequest, contextResults, rawConnection, releaseRequest } from '../../helpers/raw-association.js';
import { dataUnit, IS_COMMAND, IS_LAST } from '../../../libs/dimse/data-unit.js';
import { until } from '../../helpers/until.js';

const FILE = path.resolve(import.meta.dirname, '../../fixtures/dicom/explicit.dcm');

async function start(t: TestContext, options: Partial<StoreScpOptions>) {
  const notices: ScpNotice[] = [];
  let objects = 0;
  const scp = await startStoreScp({
    ...{ host: '127.0.0.1', port: 0, title: 'SCP', callers: [parseCaller('*')] },
    ...{ maxAssociations: 8, maxObjectBytes: 1e6, idleTimeoutMs: 30_000 },
    onNotice: (notice) => notices.push(notice),
    ...options,
    onObject: (object) => {
      objects++;
      return options.onObject?.(object) ?? Promise.resolve({ status: 'success' });
    },
  });
  t.after(() => scp.stop(0));
  return { scp, notices, to: ['-aec', 'SCP', '127.0.0.1', String(scp.port)], received: () => objects };
}

it('callers are titles, each alone, with its address or with its certificate', () => {
  const caller = (title: string, address?: string, certificate?: string) => ({ title, address, certificate });
  assert.deepEqual(parseCaller('MR1@10.0.0.7'), caller('MR1', '10.0.0.7'));
  assert.deepEqual(parseCaller('*'), caller('*'));
  assert.deepEqual(parseCaller('MR1=mr1.example.org'), caller('MR1', undefined, 'mr1.example.org'));
  assert.deepEqual(parseCaller('MR1@::1=sha256:AB:CD'), caller('MR1', '::1', 'sha256:abcd'));
  for (const wrong of [
    '',
    'MR1@',
    'MR1=',
    'MR1@=x',
    'A TITLE OF TOO MANY LETTERS',
    'A\\B',
    ' X',
    'MR1@mr1.example.org',
    'MR1@10.0.0',
    'MR1@10.0.0.0/24',
  ])
    assert.throws(() => parseCaller(wrong), { code: 'INVALID_CONFIG' });
  assert.ok(isTitle('Sixteen letters!'));
});

describe('a storage SCP', { skip: withoutDcmtk }, () => {
  it('turns away more associations than its limit, for now', async (t) => {
    const { scp, to, notices } = await start(t, {
      maxAssociations: 1,
      onObject: () => delay(2_000, { status: 'success' as const }),
    });
    const sending = runDcmtk('storescu', [...to, FILE]);
    await until(() => scp.associations === 1, 'an association is open');
    assert.match((await runDcmtk('echoscu', to)).output, /Rejected Transient[^]*Local Limit Exceeded/);
    assert.equal(notices[0]?.kind, 'too-many');
    assert.equal((await sending).code, 0);
    await until(() => scp.associations === 0, 'the association has ended');
    assert.equal((await runDcmtk('echoscu', to)).code, 0);
  });

  it('lets open associations end when it stops, and takes no more', async (t) => {
    const { scp, to, received } = await start(t, { onObject: () => delay(400, { status: 'success' as const }) });
    const sending = runDcmtk('storescu', ['--repeat', '4', ...to, FILE]);
    await until(() => received() === 1, 'the first object has come');
    const stopped = scp.stop(20_000);
    assert.equal((await sending).code, 0);
    assert.equal(received(), 4);
    await stopped;
    assert.notEqual((await runDcmtk('echoscu', to)).code, 0);
  });

  it('success is not said before the object is answered, and a failure says why', async (t) => {
    let isDurable = false;
    const { to } = await start(t, {
      onObject: async () => {
        await delay(500);
        isDurable = true;
        return { status: 'failed', comment: 'no such patient' };
      },
    });
    const { code, output } = await runDcmtk('storescu', ['-d', ...to, FILE]);
    assert.ok(isDurable);
    assert.notEqual(code, 0);
    assert.match(output, /0x0110/);
    assert.match(output, /no such patient/);
  });

  it('an object beyond the limit is answered and not kept; the association goes on', async (t) => {
    const { to, received } = await start(t, { maxObjectBytes: 1_000 });
    const { code, output } = await runDcmtk('storescu', ['-d', '-nh', '--repeat', '2', ...to, FILE]);
    assert.match(output, /more than 1000 bytes/);
    assert.equal(received(), 0);
    assert.equal(code, 0, 'storescu -nh goes on after a refusal');
  });
});

describe('connections without an association', () => {
  it('are ended after a while, and told of; one that has an association is not', async (t) => {
    const { scp, notices } = await start(t, { associationTimeoutMs: 300 });
    const [silent, busy] = [rawConnection(scp.port), rawConnection(scp.port)];
    busy.socket.write(associationRequest('SCP', 'MR1', ['1.2.840.10008.1.1']));
    assert.equal((await busy.next())[0], 2, 'the association is accepted');
    await silent.closed;
    assert.deepEqual(
      notices.map(({ kind }) => kind),
      ['no-association'],
    );
    await delay(400);
    assert.equal(busy.socket.destroyed, false);
    assert.equal(scp.associations, 1);
  });

  it('one that was released holds no place, and is ended when its peer leaves it open', async (t) => {
    const { scp } = await start(t, { associationTimeoutMs: 300, maxAssociations: 1 });
    const peer = rawConnection(scp.port);
    peer.socket.write(associationRequest('SCP', 'MR1', ['1.2.840.10008.1.1']));
    await peer.next();
    assert.equal(scp.associations, 1);
    peer.socket.write(releaseRequest());
    assert.equal((await peer.next())[0], 6, 'the release is answered');
    assert.equal(scp.associations, 0);
    const other = rawConnection(scp.port);
    other.socket.write(associationRequest('SCP', 'MR2', ['1.2.840.10008.1.1']));
    assert.equal((await other.next())[0], 2, 'there is a place for another');
    await peer.closed;
  });

  it('are bounded: the one that has waited longest makes room, and whoever sends is let in', async (t) => {
    const { scp, notices } = await start(t, {});
    const crowd = Array.from({ length: 100 }, () => rawConnection(scp.port));
    t.after(() => crowd.forEach(({ socket }) => socket.destroy()));
    await Promise.all(crowd.slice(0, 36).map(({ closed }) => closed));
    assert.equal(notices.filter(({ kind }) => kind === 'no-association').length, 36);
    const sender = rawConnection(scp.port);
    t.after(() => sender.socket.destroy());
    sender.socket.write(associationRequest('SCP', 'MR1', ['1.2.840.10008.1.1']));
    assert.equal((await sender.next())[0], 2);
  });
});

it('what ends without a release is told of: a sender that is gone, and one that says nothing', async (t) => {
  const { scp, notices } = await start(t, { idleTimeoutMs: 500 });
  const details = () =>
    notices.map((notice) => ('detail' in notice ? `${notice.kind}: ${notice.detail}` : notice.kind));
  const gone = rawConnection(scp.port);
  gone.socket.write(associationRequest('SCP', 'MR1', ['1.2.840.10008.1.1']));
  await gone.next();
  gone.socket.destroy();
  await until(() => notices.length === 1, 'the first notice');
  assert.match(details()[0]!, /^broken: it ended without a release/);
  const silent = rawConnection(scp.port);
  silent.socket.write(associationRequest('SCP', 'MR1', ['1.2.840.10008.1.1']));
  await silent.next();
  await silent.closed;
  await until(() => notices.length === 2, 'the second notice');
  assert.match(details()[1]!, /^broken: .*timeout/);
  const good = rawConnection(scp.port);
  good.socket.write(associationRequest('SCP', 'MR1', ['1.2.840.10008.1.1']));
  await good.next();
  good.socket.write(releaseRequest());
  await good.next();
  good.socket.destroy();
  await until(() => scp.associations === 0, 'all have ended');
  assert.equal(notices.length, 2, details().join('; '));
});

it('private classes are negotiated like storage: senders that have some among their images go on', async (t) => {
  const { scp } = await start(t, {});
  const { socket, next } = rawConnection(scp.port);
  t.after(() => socket.destroy());
  const philips = '1.3.46.670589.11.0.0.12.2';
  const siemens = '1.3.12.2.1107.5.9.1';
  const [find, commitment] = ['1.2.840.10008.5.1.4.1.2.2.1', '1.2.840.10008.1.20.1'];
  socket.write(associationRequest('SCP', 'MR1', [philips, siemens, find, commitment]));
  assert.deepEqual(
    [...contextResults(await next())],
    [
      [1, 0],
      [3, 0],
      [5, 3],
      [7, 3],
    ],
  );
});

it('a sender that does not wait for its answers is read no further: its objects do not fill the memory', async (t) => {
  const answers: ((answer: StoreAnswer) => void)[] = [];
  const onObject = () => new Promise<StoreAnswer>((resolve) => answers.push(resolve));
  const { scp } = await start(t, { onObject, maxObjectBytes: 10e6 });
  const { socket, next } = rawConnection(scp.port);
  t.after(() => socket.destroy());
  const mr = '1.2.840.10008.5.1.4.1.1.4';
  socket.write(associationRequest('SCP', 'MR1', [mr]));
  await next();
  const command = Buffer.concat([
    commandElement(0x0002, Buffer.from(`${mr}\0`)),
    commandElement(0x0100, Buffer.from([1, 0])),
    commandElement(0x0110, Buffer.from([1, 0])),
    commandElement(0x0800, Buffer.from([0, 0])),
    commandElement(0x1000, Buffer.from('1.2.3\0')),
  ]);
  const slice = Buffer.alloc(2 ** 19);
  const object = [dataUnit(1, IS_COMMAND | IS_LAST, [command]), dataUnit(1, 0, [slice]), dataUnit(1, IS_LAST, [slice])];
  for (let sent = 0; sent < 40; sent++) for (const unit of object) socket.write(unit);
  let told = Buffer.alloc(0);
  socket.on('data', (data: Buffer) => (told = Buffer.concat([told, data])));
  await until(() => answers.length === 2, 'two objects have come');
  await delay(500);
  assert.equal(answers.length, 2);
  for (let given = 0; given < 40; given++) {
    await until(() => answers.length > given, `the object ${given}`);
    answers[given]!({ status: 'success' });
  }
  assert.equal(answers.length, 40);
  await until(() => unitsIn(told) === 40, 'all are answered');
});

/** Protocol data units that are whole. */
function unitsIn(bytes: Buffer): number {
  let units = 0;
  for (let at = 0; at + 6 <= bytes.length; at += 6 + bytes.readUInt32BE(at + 2)) units++;
  return units;
}

/** An element of group 0000, in Implicit VR Little Endian. */
function commandElement(element: number, value: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16LE(element, 2);
  header.writeUInt32LE(value.length, 4);
  return Buffer.concat([header, value]);
}
