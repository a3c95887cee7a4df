import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { connectBus, readUnusedPlaces, STREAM_NAMES, type AccountedStream, type Bus } from '#libs/bus';
import { recordDecision, verifyRecord } from '#libs/decisions';
import { SulcusError } from '#libs/errors';
import { createLogger } from '#libs/telemetry';
import { main as audit } from '../../../../../services/cli/commands/audit.js';
import { BrokerWatch } from '../../../../../services/cli/launcher/pipeline/broker-watch.js';
import { freeBytes } from '../../../../../services/cli/launcher/pipeline/storage.js';
import { UnusedPlacesWatch } from '../../../../../services/cli/launcher/pipeline/unused-places-watch.js';
import { brokerReady, createBroker } from '../../../../../services/cli/launcher/processes/broker.js';
import type { SupervisedProcess } from '../../../../../services/cli/launcher/processes/supervised-process.js';
import { commandOutput } from '../../../../helpers/command-output.js';
import { freePort } from '../../../../helpers/nats.js';
import { publishScan } from '../../../../helpers/scans.js';
import { smallDisk } from '../../../../helpers/small-disk.js';
import { until } from '../../../../helpers/until.js';

const { folder: disk, skip } = smallDisk(120);

/** The broker is looked at every 2 s, and restarted every 15 s at most. */
const PATIENCE_MS = 60_000;
const SMALL_BYTES = 20_000;
/** Goes with its message all the same, not as a blob. */
const LARGE_BYTES = 400_000;

interface Stood {
  bus: Bus;
  broker: SupervisedProcess;
  url: string;
  watch: BrokerWatch;
  /** Lets nothing be written while something is sent, then makes room; resolves when it is stored. */
  sendWhileFull: (image: Buffer) => Promise<number>;
  whileFull: <T>(begin: () => Promise<T>) => Promise<T>;
  blocks: () => number[];
}

/** A broker of ours on the small disk, watched as the launcher watches it. */
async function stand(t: TestContext, name: string): Promise<Stood> {
  const [port, monitorPort] = [await freePort(), await freePort()];
  const [folder, monitorUrl] = [path.join(disk, name), `http://127.0.0.1:${monitorPort}`];
  const logFile = path.join(tmpdir(), `sulcus-${name}-${process.pid}.log`);
  const broker = await createBroker({ folder, logFile, port, monitorPort });
  const filler = path.join(disk, 'filler');
  const stop = new AbortController();
  broker.start();
  await brokerReady(broker, port, stop.signal);
  const url = `nats://127.0.0.1:${port}`;
  const bus = await connectBus({ servers: url, name: 'test' });
  const places = new UnusedPlacesWatch(bus, monitorUrl);
  const watch = new BrokerWatch({ monitorUrl, own: { process: broker, folder }, places });
  const watching = watch.run(stop.signal, createLogger('test'));
  t.after(async () => {
    stop.abort();
    await watching;
    await bus.drain();
    await broker.stop(5000);
    for (const left of [folder, logFile, filler]) rmSync(left, { recursive: true, force: true });
  });
  const others = Object.fromEntries(STREAM_NAMES.map((stream) => [stream, 2e6]));
  await bus.ensureTopology({ maxBytes: { ...others, SCANS: 3e7 } });
  const whileFull = async <T>(begin: () => Promise<T>): Promise<T> => {
    writeFileSync(filler, Buffer.alloc(freeBytes(disk)));
    const sending = untilStored(begin);
    await until(() => watch.faults.some(({ code }) => code === 'STORAGE_FULL'), 'the disk to be full', PATIENCE_MS);
    rmSync(filler);
    const stored = await sending;
    await until(() => watch.faults.length === 0, 'the broker to be well', PATIENCE_MS);
    return stored;
  };
  const sendWhileFull = (image: Buffer): Promise<number> =>
    whileFull(async () => (await publishScan(bus, image)).sequence);
  return { bus, broker, url, watch, whileFull, sendWhileFull, blocks: () => blocksBelow(folder) };
}

/** As ingest does, which waits for a full disk for as long as its sender does. */
async function untilStored<T>(send: () => Promise<T>): Promise<T> {
  for (;;)
    try {
      return await send();
    } catch (error) {
      if (!SulcusError.from(error).transient) throw error;
    }
}

/** Sizes of the files that nats-server keeps SCANS in, the newest last. */
function blocksBelow(folder: string): number[] {
  const messages = path.join(folder, 'store/jetstream/$G/streams/SCANS/msgs');
  const numbers = readdirSync(messages).flatMap((name) => (name.endsWith('.blk') ? [parseInt(name)] : []));
  return numbers
    .sort((left, right) => left - right)
    .map((number) => statSync(path.join(messages, `${number}.blk`)).size);
}

async function untilNoted(bus: Bus, stream: AccountedStream, places: object[], signal: AbortSignal): Promise<void> {
  const noted = () => readUnusedPlaces(bus, stream, signal);
  await until(async () => (await noted()).length >= places.length, `places of ${stream} on record`, PATIENCE_MS);
  assert.deepEqual(await noted(), places);
}

/** What the audit says. */
async function auditOf(url: string) {
  const text = await commandOutput(audit, ['--json', '--nats', url]);
  process.exitCode = 0;
  return JSON.parse(text) as { clean: boolean; unusedPlaces: number; findings: { kind: string; where: string }[] };
}

test('places that a full disk uses up are unused to the audit, and a scan that is gone is lost all the same', {
  skip,
}, async (t) => {
  const { bus, url, sendWhileFull, blocks } = await stand(t, 'used-up');
  const first = await sendWhileFull(randomBytes(SMALL_BYTES));
  assert.ok(first > 1, 'nats-server uses up a place where a block begins');
  let last = first;
  const isAlmostFull = ([whole = 0, newest = 0]: number[]): boolean => newest > whole - LARGE_BYTES / 2;
  const begun = blocks().length;
  while (blocks().length === begun || !isAlmostFull(blocks().slice(-2)))
    last = (await publishScan(bus, randomBytes(SMALL_BYTES))).sequence;
  const behind = await sendWhileFull(randomBytes(LARGE_BYTES));
  assert.equal(behind, last + 2);
  const expected = [
    { first: 1, last: first - 1 },
    { first: behind - 1, last: behind - 1 },
  ];
  await untilNoted(bus, 'SCANS', expected, t.signal);
  const clean = await auditOf(url);
  assert.deepEqual([clean.findings, clean.clean, clean.unusedPlaces], [[], true, first]);

  await bus.deleteMessage('SCANS', behind);
  await bus.deleteMessage('SCANS', first);
  const { findings } = await auditOf(url);
  assert.deepEqual(
    findings.map(({ kind, where }) => `${kind} ${where}`),
    [`lost SCANS/${first}`, `lost SCANS/${behind}`],
  );
});

test('a record of decisions whose first place a full disk used up is whole, and an audit is clean', {
  skip,
}, async (t) => {
  const { bus, url, whileFull } = await stand(t, 'decisions');
  const decide = (key: string) =>
    recordDecision(bus, { kind: 'KIND_FROZEN', alias: 'champion', reason: key }, { scope: 'champion', key });
  const first = await whileFull(() => decide('while-full'));
  assert.ok(first.decision.number > 1, 'nats-server uses up a place where a block begins');
  await untilNoted(bus, 'DECISIONS', [{ first: 1, last: first.decision.number - 1 }], t.signal);
  const second = await decide('later');
  assert.equal(second.decision.previousHash, first.hash);
  assert.deepEqual(await verifyRecord(bus, t.signal), { entries: 2, head: second.hash, broken: undefined });
  const { clean, findings } = await auditOf(url);
  assert.deepEqual([clean, findings], [true, []]);
});

test('of a scan that was stored before its broker ended nobody says that its place was unused', { skip }, async (t) => {
  const { bus, broker, url, watch, sendWhileFull } = await stand(t, 'ended');
  const { sequence: kept } = await publishScan(bus, randomBytes(SMALL_BYTES));
  const { sequence: gone } = await publishScan(bus, randomBytes(SMALL_BYTES));
  await bus.deleteMessage('SCANS', gone);
  await broker.restart('test', 5000);
  await until(() => watch.faults.length === 0, 'the broker to be well', PATIENCE_MS);
  const next = await sendWhileFull(randomBytes(SMALL_BYTES));
  assert.ok(kept < gone && gone < next);
  const { findings } = await auditOf(url);
  assert.ok(findings.some(({ kind, where }) => kind === 'lost' && where === `SCANS/${gone}`));
});
