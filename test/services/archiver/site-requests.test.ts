import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectBus, subjects, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { Withdrawals } from '#libs/withdrawals';
import { eraseWithdrawn } from '../../../services/archiver/sites/erase-withdrawn.js';
import { startNatsWithAccounts } from '../../helpers/accounts.js';

test('a site has a scan of its own erased that was withdrawn; no other, and none of another site', async (t) => {
  const nats = await startNatsWithAccounts(undefined, ['north', 'south']);
  const stop = new AbortController();
  const buses: Bus[] = [];
  t.after(async () => {
    stop.abort();
    for (const bus of buses) await bus.drain();
    await nats.stop();
  });
  const open = async (name: string): Promise<Bus> => {
    const bus = await connectBus({ servers: nats.url, name, user: nats.user(name) });
    buses.push(bus);
    return bus;
  };
  const operator = await open('operator');
  await operator.ensureTopology();
  const [archiver, north, south] = [await open('archiver'), await open('site-north'), await open('site-south')];
  const erase = (site: string, sequence: number): Promise<void> => eraseWithdrawn(archiver, site, sequence);
  void archiver.answerSites({ erase, signal: stop.signal });

  const send = async (digit: string): Promise<number> => {
    const sampleId = digit.repeat(64);
    const scan = { sampleId, site: 'north', patientId: 'patient-of-north', image: { inline: Buffer.from(digit) } };
    return (await north.publish(subjects.scan('north', sampleId), codecs.Scan, scan, { firstOnSubject: true }))
      .sequence;
  };
  const [kept, withdrawn] = [await send('a'), await send('b')];
  const reason = { reason: 'test', timeUnixMs: Date.now(), patientId: '', sequences: [] };
  await new Withdrawals(operator).addSample('b'.repeat(64), reason);

  await assert.rejects(north.deleteMessage('SCANS', kept), { code: 'PERMISSION_DENIED' });
  await assert.rejects(south.deleteMessage('SCANS', withdrawn), { code: 'PERMISSION_DENIED' });
  assert.equal((await operator.statsOf('SCANS')).messages, 2);
  await north.deleteMessage('SCANS', withdrawn);
  await north.deleteMessage('SCANS', withdrawn);
  assert.equal(await operator.get('SCANS', withdrawn, codecs.Scan), undefined);
  assert.ok(await operator.get('SCANS', kept, codecs.Scan));
});
