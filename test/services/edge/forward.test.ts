import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../../helpers/until.js';
import { samplesOnScans, startCore, startEdge, startSite, uploads, type Edge } from './_edge.js';

/** Sends images to an edge, and gives their samples in the order in which they were acknowledged. */
async function send({ client }: Edge, count: number, from = 0): Promise<string[]> {
  const samples: string[] = [];
  for await (const ack of client.uploadImagesAcked(await uploads(count, from))) {
    assert.equal(ack.outcome, 'OUTCOME_INGESTED', ack.errorMessage);
    samples.push(ack.sampleId);
  }
  return samples;
}

const isEmptied = async ({ service }: Edge): Promise<boolean> => (await service.status()).spool.samples === 0;

describe('an edge', () => {
  test('sends what it takes in to the core, as it is, once', async (t) => {
    const site = await startSite(t);
    const sent = await send(site, 20);
    await until(() => isEmptied(site), 'an empty spool');
    assert.deepEqual((await samplesOnScans(site.core.bus)).sort(), sent.sort());
    const { forwarded, link, spool } = await site.service.status();
    assert.deepEqual([forwarded.stored, forwarded.duplicates, link.state, spool.bytes], [20, 0, 'up', 0]);
    // The same again: known to the core.
    const acks: string[] = [];
    for await (const { outcome } of site.client.uploadImagesAcked(await uploads(20))) acks.push(outcome);
    assert.equal(acks.length, 20);
    await until(() => isEmptied(site), 'an empty spool');
    assert.equal((await samplesOnScans(site.core.bus)).length, 20);
    assert.equal((await site.service.status()).forwarded.duplicates, 20);
  });

  test('takes images in while the core is away, and sends them when it comes', async (t) => {
    const site = await startSite(t);
    await site.core.stop();
    const sent = await send(site, 30);
    const { spool, link } = await site.service.status();
    assert.equal(spool.samples, 30);
    assert.ok(spool.oldestUnixMs! > Date.now() - 60_000 && spool.bytes > 0);
    assert.notEqual(link.state, 'up');
    // What waits is known here too.
    for await (const { outcome } of site.client.uploadImagesAcked(await uploads(5)))
      assert.equal(outcome, 'OUTCOME_DUPLICATE');
    await site.core.start();
    await until(() => isEmptied(site), 'an empty spool');
    assert.deepEqual((await samplesOnScans(site.core.bus)).sort(), sent.sort());
  });

  for (const [fault, line] of [
    ['cut', 'cut'],
    ['swallow', 'black-holed'],
  ] as const)
    test(`loses and doubles nothing over a line that is ${line}; the newest is through 5 s later`, async (t) => {
      const site = await startSite(t, {}, { bytesPerSecond: 60_000 });
      const before = await send(site, 60);
      await until(async () => (await samplesOnScans(site.core.bus)).length >= 5, 'some samples at the core');
      await site.link[fault]();
      const during = await send(site, 60, 100);
      // Long enough for the edge to notice that nothing comes.
      await until(async () => (await site.service.status()).link.state === 'down', 'an edge that knows');
      const [newest] = await send(site, 1, 500);
      await site.link.heal();
      const healedMs = performance.now();
      await until(async () => (await samplesOnScans(site.core.bus)).includes(newest!), 'the newest image', 5_000);
      t.diagnostic(`the newest image was through after ${Math.round(performance.now() - healedMs)} ms`);
      await until(() => isEmptied(site), 'an empty spool', 30_000);
      assert.deepEqual((await samplesOnScans(site.core.bus)).sort(), [...before, ...during, newest!].sort());
    });

  test("goes on when the core's broker was killed in the middle", async (t) => {
    const site = await startSite(t, {}, { bytesPerSecond: 60_000 });
    const sending = send(site, 100);
    await until(async () => (await site.service.status()).forwarded.stored >= 10, 'some samples at the core');
    await site.core.nats.kill();
    const sent = await sending;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await site.core.nats.restart();
    await until(() => isEmptied(site), 'an empty spool', 60_000);
    assert.deepEqual((await samplesOnScans(site.core.bus)).sort(), sent.sort());
  });

  test('sends in the order that it is told', async (t) => {
    for (const order of ['newest', 'oldest'] as const) {
      const site = await startSite(t, { SULCUS_EDGE_ORDER: order });
      await site.core.stop();
      const sent = await send(site, 8);
      await site.core.start();
      await until(() => isEmptied(site), 'an empty spool');
      assert.deepEqual(await samplesOnScans(site.core.bus), order === 'oldest' ? sent : sent.reverse());
    }
  });

  test('goes on with what is on its disk after a restart', async (t) => {
    const site = await startSite(t);
    await site.core.stop();
    const sent = await send(site, 12);
    await site.service.stop(0);
    await site.core.start();
    const again = await startEdge(t, site.core, site.link.address, { SULCUS_DATA_DIR: site.dataDir });
    await until(() => isEmptied(again), 'an empty spool');
    assert.deepEqual((await samplesOnScans(site.core.bus)).sort(), sent.sort());
  });

  test('that the core does not let in says so, keeps everything, and sends when it is let in', async (t) => {
    const core = await startCore(t);
    const security = await core.securityOf('south');
    const dataDir = (await startEdgeOf(t, core, security.tls!)).dataDir;
    const right = await startEdge(t, core, `127.0.0.1:${core.port}`, { SULCUS_DATA_DIR: dataDir });
    await until(() => isEmptied(right), 'an empty spool');
    assert.equal((await samplesOnScans(core.bus)).length, 3);
  });
});

/** An edge with the certificate of a site that the core does not know, stopped when it has said so. */
async function startEdgeOf(
  t: Parameters<typeof startEdge>[0],
  core: Awaited<ReturnType<typeof startCore>>,
  { certificate, key }: { certificate?: string | undefined; key?: string | undefined },
): Promise<Edge> {
  const edge = await startEdge(t, core, `127.0.0.1:${core.port}`, {
    SULCUS_TLS_CERTIFICATE: certificate!,
    SULCUS_TLS_KEY: key!,
  });
  await send(edge, 3);
  await until(async () => (await edge.service.status()).link.state === 'refused', 'an edge that is refused');
  const { link, spool } = await edge.service.status();
  assert.match(link.reason, /knows no spiffe:\/\/sulcus\/site\/south/);
  assert.equal(spool.samples, 3);
  assert.equal((await samplesOnScans(core.bus)).length, 0);
  await edge.service.stop(0);
  return edge;
}
