import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect as connectNats } from '@nats-io/transport-node';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { connectBus, noteUnusedPlaces, subjects, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { lastDecision, readDecisions, recordDecision, verifyRecord } from '#libs/decisions';
import { startNats, type TestNats } from '../../helpers/nats.js';

/** The bytes of an entry, as any NATS client gets them. */
async function rawMessage(url: string, sequence: number): Promise<Uint8Array> {
  const nats = await connectNats({ servers: url });
  const stored = await (await jetstreamManager(nats)).streams.getMessage('DECISIONS', { seq: sequence });
  await nats.close();
  return stored!.data;
}

const { signal } = new AbortController();
const frozen = (reason: string) => ({ kind: 'KIND_FROZEN', alias: 'champion', reason }) as const;

describe('the record of decisions', () => {
  let nats: TestNats;
  let bus: Bus;

  before(async () => {
    nats = await startNats();
    bus = await connectBus({ servers: nats.url, name: 'test' });
  });

  after(async () => {
    await bus.drain();
    await nats.stop();
  });

  it('is empty and sound before the first decision, also where its stream does not exist yet', async () => {
    assert.deepEqual(await verifyRecord(bus, signal), { entries: 0, head: '', broken: undefined });
  });

  it('chains entries by the hash of their bytes, and says who decided', async () => {
    const first = await recordDecision(bus, frozen('a reason'), { scope: 'champion', key: '1' });
    const second = await recordDecision(bus, frozen('another'), { scope: 'champion', key: '2' });
    const stored = await rawMessage(nats.url, 1);
    assert.equal(first.hash, createHash('sha256').update(stored).digest('hex'));
    assert.deepEqual([first.decision.previousHash, second.decision.previousHash], ['', first.hash]);
    assert.match(first.decision.by, /^.+@.+ \(test\)$/);
    assert.deepEqual(await verifyRecord(bus, signal), { entries: 2, head: second.hash, broken: undefined });
    assert.equal((await lastDecision(bus, 'KIND_FROZEN', 'champion'))?.reason, 'another');
  });

  it('takes the same decision once, whatever was recorded since', async () => {
    const again = await recordDecision(bus, frozen('a reason'), { scope: 'champion', key: '1' });
    assert.equal(again.decision.number, 1);
    assert.equal((await verifyRecord(bus, signal)).entries, 2);
  });

  it('keeps all that several connections write at once, in one chain', async () => {
    const buses = await Promise.all([1, 2, 3, 4].map((name) => connectBus({ servers: nats.url, name: `w${name}` })));
    await Promise.all(
      buses.flatMap((each, writer) =>
        Array.from({ length: 10 }, (_, index) =>
          recordDecision(each, frozen(`${writer}/${index}`), { scope: 'champion', key: `${writer}-${index}` }),
        ),
      ),
    );
    for (const each of buses) await each.drain();
    const { entries, broken } = await verifyRecord(bus, signal);
    assert.deepEqual([entries, broken], [42, undefined]);
  });

  it('loses no entry when the broker is killed while several write', async () => {
    const before = (await verifyRecord(bus, signal)).entries;
    const writing = Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        recordDecision(bus, frozen(`crash ${index}`), { scope: 'crash', key: String(index) }),
      ),
    );
    await nats.restart();
    await writing;
    const { entries, broken } = await verifyRecord(bus, signal);
    assert.deepEqual([entries, broken], [before + 20, undefined]);
  });

  it('cannot be shortened: its stream refuses to delete', async () => {
    const once = { retryTimeoutMs: 0 };
    await assert.rejects(bus.deleteMessage('DECISIONS', 1, once), /delete not permitted/);
    await assert.rejects(bus.deleteSubject('DECISIONS', 'decision.v1.>', once), /purge not permitted/);
  });

  it('names the first entry that was slipped in beside the chain, and trusts none behind it', async () => {
    const sound = await verifyRecord(bus, signal);
    const forged = { ...frozen('forged'), number: sound.entries + 1, previousHash: 'f'.repeat(64), by: 'nobody' };
    await bus.publish(subjects.decision('frozen', 'champion', 'forged'), codecs.Decision, forged);
    await recordDecision(bus, frozen('behind it'), { scope: 'champion', key: 'behind' });
    const { entries, head, broken } = await verifyRecord(bus, signal);
    assert.deepEqual([entries, head], [sound.entries, sound.head]);
    assert.equal(broken?.number, sound.entries + 1);
    assert.match(broken.why, /another entry before it/);
    let read = 0;
    for await (const _ of readDecisions(bus, signal)) read++;
    assert.equal(read, sound.entries + 1);
  });

  it('is written on behind a message that is no entry, which is named as the first that is unsound', async (t) => {
    const own = await startNats(t);
    await using writer = await connectBus({ servers: own.url, name: 'test' });
    await recordDecision(writer, frozen('one'), { scope: 'champion', key: 'one' });
    const foreign = await connectNats({ servers: own.url });
    await jetstream(foreign).publish(subjects.decision('frozen', 'champion', 'two'), 'no decision');
    await foreign.close();
    await recordDecision(writer, frozen('two'), { scope: 'champion', key: 'two' });
    assert.equal((await lastDecision(writer, 'KIND_FROZEN', 'champion'))?.reason, 'two');
    const { entries, broken } = await verifyRecord(writer, signal);
    assert.deepEqual([entries, broken?.number], [1, 2]);
    assert.match(broken!.why, /cannot be read/);
  });

  it('is broken where the newest entry was deleted before the next, unless its place is noted as unused', async (t) => {
    const own = await startNats(t);
    await using writer = await connectBus({ servers: own.url, name: 'test' });
    const foreign = await connectNats({ servers: own.url });
    t.after(() => foreign.close());
    // As ours, but that it lets entries be deleted.
    const { streams } = await jetstreamManager(foreign);
    await writer.ensureTopology();
    await streams.delete('DECISIONS');
    await streams.add({ name: 'DECISIONS', subjects: [subjects.decisions], allow_direct: true });
    const first = { ...frozen('one'), number: 1, previousHash: '', by: 'test' };
    await writer.publish(subjects.decision('frozen', 'champion', 'one'), codecs.Decision, first);
    await recordDecision(writer, frozen('two'), { scope: 'champion', key: 'two' });
    await streams.deleteMessage('DECISIONS', 2);
    const third = await recordDecision(writer, frozen('three'), { scope: 'champion', key: 'three' });
    assert.notEqual(third.decision.previousHash, '');
    const { broken } = await verifyRecord(writer, signal);
    assert.equal(broken?.number, 2);
    assert.match(broken.why, /it is missing/);
    await noteUnusedPlaces(writer, 'DECISIONS', { first: 2, last: 2 });
    assert.deepEqual(await verifyRecord(writer, signal), { entries: 2, head: third.hash, broken: undefined });
  });

  it('sulcus verify-record says so, with exit code 1, and 2 when there is no broker', async () => {
    const run = async (...words: string[]) => {
      const script = new URL('../../../services/cli/main.js', import.meta.url).pathname;
      const child = spawn(process.execPath, [...process.execArgv, script, 'verify-record', '--json', ...words], {
        stdio: ['ignore', 'pipe', 'ignore'],
        env: { ...process.env, NODE_TEST_CONTEXT: '' },
      });
      let text = '';
      child.stdout.on('data', (data: Buffer) => (text += data.toString()));
      const [code] = (await once(child, 'close')) as [number];
      return { code, text };
    };
    const { code, text } = await run('--nats', nats.url);
    assert.equal(code, 1);
    assert.equal((JSON.parse(text) as { broken: { number: number } }).broken.number, 63);
  });
});
