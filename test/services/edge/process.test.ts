import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { parseCaller, startStoreScp } from '#libs/dimse';
import { createClient } from '#libs/rpc';
import type { EdgeStatus } from '#services/edge';
import { Pseudonyms } from '#services/ingest';
import { startLink } from '../../helpers/link.js';
import { freePort } from '../../helpers/nats.js';
import { until } from '../../helpers/until.js';
import { sliceBytes } from '../ingest/dicom/_objects.js';
import { atEnd, edgeEnvironment, samplesOnScans, startCore, temporaryFolder, uploads, type Core } from './_edge.js';

const CLI = path.resolve(import.meta.dirname, '../../../services/cli/main.js');

/** A folder with a configuration file, as a site has it. */
async function siteFolder(t: TestContext, core: Core, address: string, more: Record<string, string> = {}) {
  const folder = await temporaryFolder(t);
  const port = await freePort();
  const { SULCUS_DATA_DIR: _, ...settings } = await edgeEnvironment(core, address, 'data');
  const lines = { ...settings, SULCUS_INGEST_ADDRESS: `127.0.0.1:${port}`, ...more };
  const config = path.join(folder, 'edge.env');
  await writeFile(
    config,
    Object.entries(lines)
      .map(([name, value]) => `${name}="${value}"\n`)
      .join(''),
  );
  return { folder, config, address: `127.0.0.1:${port}` };
}

function spawnCommand(
  t: TestContext,
  words: readonly string[],
): ChildProcess & { said: () => string; told: () => string } {
  const child = spawn(process.execPath, [CLI, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [said, told] = ['', ''];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()));
  child.stdout.on('data', (text: Buffer) => (told += text.toString()));
  atEnd(t, async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  return Object.assign(child, { said: () => said, told: () => told });
}

async function runCommand(
  t: TestContext,
  words: readonly string[],
): Promise<{ code: number | null; said: string; told: string }> {
  const child = spawnCommand(t, words);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said: child.said(), told: child.told() };
}

describe('an edge as a process', () => {
  test('that is killed again and again in the middle loses nothing that it accepted, doubles nothing', async (t) => {
    const core = await startCore(t);
    const link = await startLink(undefined, core.port, { bytesPerSecond: 100_000 });
    atEnd(t, () => link.stop());
    const site = await siteFolder(t, core, link.address);
    const all = await uploads(150);
    const accepted = new Set<string>();
    for (let kill = 0; kill < 3; kill++) {
      const edge = spawnCommand(t, ['edge', '--config', site.config]);
      // Its doors are plain on this machine: certificates are for the way to the core.
      const client = createClient('Ingest', site.address, { security: { tls: (await core.securityOf('north')).tls } });
      atEnd(t, () => client.close());
      const sending = (async () => {
        for await (const ack of client.uploadImagesAcked(all)) accepted.add(ack.sampleId);
      })().catch(() => undefined);
      await until(() => accepted.size >= 40 * (kill + 1), `some accepted images: ${edge.said()}`, 30_000);
      edge.kill('SIGKILL');
      await once(edge, 'exit');
      await sending;
    }
    const edge = spawnCommand(t, ['edge', '--config', site.config]);
    await until(
      async () => {
        const samples = new Set(await samplesOnScans(core.bus));
        return [...accepted].every((sample) => samples.has(sample));
      },
      `everything that was accepted: ${edge.said()}`,
      30_000,
    );
    const samples = await samplesOnScans(core.bus);
    assert.equal(new Set(samples).size, samples.length);
    // All may have been forwarded before: an edge that has only just begun knows no order to stop.
    await until(() => edge.said().includes('"msg":"ready"'), `the edge to be ready: ${edge.said()}`, 30_000);
    edge.kill('SIGTERM');
    const [code] = (await once(edge, 'exit')) as [number | null];
    assert.equal(code, 0, edge.said());
  });

  test('says how it is, running and not, and tries the way to the core before it sends', async (t) => {
    const core = await startCore(t);
    const site = await siteFolder(t, core, `127.0.0.1:${core.port}`);
    const verified = await runCommand(t, ['edge', 'verify', '--config', site.config]);
    assert.equal(verified.code, 0, verified.said);
    assert.match(verified.said, /knows this edge as spiffe:\/\/sulcus\/site\/north/);
    assert.match(verified.said, /TLSv1\.3/);
    assert.match(verified.said, /round trip +\d/);
    assert.match(verified.said, /clock +the core's is -?\d+ ms/);
    const never = await runCommand(t, ['edge', 'status', '--config', site.config]);
    assert.match(never.said, /No edge has run/);
    assert.equal(never.code, 1);

    const edge = spawnCommand(t, ['edge', '--config', site.config]);
    const file = path.join(site.folder, 'data', 'status.json');
    const status = async (): Promise<EdgeStatus | undefined> =>
      JSON.parse(await readFile(file, 'utf8').catch(() => 'null')) as EdgeStatus | undefined;
    await until(async () => (await status())?.link.state === 'up', `a link that is up: ${edge.said()}`, 30_000);
    const well = await runCommand(t, ['edge', 'status', '--config', site.config]);
    assert.equal(well.code, 0, well.said);
    assert.match(well.said, /link +127\.0\.0\.1:\d+ is up/);
    assert.match(well.said, /spool +0 samples wait/);

    await core.stop();
    await until(async () => (await status())?.link.state === 'down', 'a link that is down', 30_000);
    const down = await runCommand(t, ['edge', 'status', '--json', '--config', site.config]);
    assert.equal(down.code, 1);
    assert.match((JSON.parse(down.said) as { troubles: string[] }).troubles.join(), /the link is down/);
    const unreachable = await runCommand(t, ['edge', 'verify', '--config', site.config]);
    assert.equal(unreachable.code, 1);
    assert.match(unreachable.said, /SULCUS_EDGE_CORE/);
  });

  test('asks the peers of its configuration what they negotiate; one that is off prevents nothing', async (t) => {
    const core = await startCore(t);
    const pacs = await startStoreScp({
      ...{ host: '127.0.0.1', port: 0, title: 'PACS', callers: [parseCaller('SULCUS')] },
      ...{ maxAssociations: 8, maxObjectBytes: 1e6, idleTimeoutMs: 30_000 },
      onObject: () => Promise.resolve({ status: 'success' }),
      onNotice: () => undefined,
    });
    atEnd(t, () => pacs.stop(0));
    const rules = path.join(await temporaryFolder(t), 'rules.json');
    const archive = { dicom: { peer: `PACS@127.0.0.1:${pacs.port}`, retrieve: 'get' } };
    await writeFile(
      rules,
      JSON.stringify({ peers: { archive }, rules: [{ name: 'all', peer: 'archive', modality: 'MR', days: 1 }] }),
    );
    const site = await siteFolder(t, core, `127.0.0.1:${core.port}`, {
      SULCUS_DICOM_PEERS: `PACS@127.0.0.1:${pacs.port},OFF@127.0.0.1:1`,
      SULCUS_PULL_RULES: rules,
    });
    const { code, said, told } = await runCommand(t, ['edge', 'verify', '--json', '--config', site.config]);
    assert.equal(code, 0, said);
    const { findings } = JSON.parse(told) as { findings: { topic: string; status: string; text: string }[] };
    const [known, off, asked] = findings.filter(({ topic }) => topic === 'DICOM peer');
    assert.equal(known?.status, 'ok');
    assert.match(known.text, /echo in \d+\.\d ms; takes structured reports \(Explicit VR .*\), secondary captures \(/);
    assert.match(off!.text, /OFF at 127\.0\.0\.1:1 cannot be reached/);
    assert.equal(asked?.status, 'warning');
    assert.match(asked.text, /takes no C-FIND, no C-GET/);
  });

  test('deidentify shows by its configuration what this edge would send, wherever it is run', async (t) => {
    const core = await startCore(t);
    const site = await siteFolder(t, core, `127.0.0.1:${core.port}`);
    const file = path.join(await temporaryFolder(t), 'slice.dcm');
    await writeFile(file, sliceBytes());
    const { code, said } = await runCommand(t, ['deidentify', path.relative('.', file), '--config', site.config]);
    assert.equal(code, 0, said);
    const patient = new Pseudonyms('north', Buffer.from('the key of the site in this test')).patient('MRN-1234567');
    assert.match(said, new RegExp(`PatientID +${patient}`));
  });
});
