import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import {
  AccessPolicy,
  createAuthority,
  issueCertificate,
  type ClientSecurity,
  type Role,
  type ServerSecurity,
} from '#libs/access';
import { connectBus, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { createClient } from '#libs/rpc';
import { createLogger } from '#libs/telemetry';
import { EdgeService, readConfig as readEdgeConfig } from '#services/edge';
import { IngestService, readConfig } from '#services/ingest';
import { noiseImage } from '../../helpers/images.js';
import { startLink, type Link } from '../../helpers/link.js';
import { startNats, type TestNats } from '../../helpers/nats.js';

/** Ends things in the reverse order of their start: node:test runs its hooks first to last. */
const cleanups = new WeakMap<TestContext, (() => unknown)[]>();

export function atEnd(t: TestContext, cleanup: () => unknown): void {
  const known = cleanups.get(t);
  if (known) return void known.push(cleanup);
  const all = [cleanup];
  cleanups.set(t, all);
  t.after(async () => {
    for (const end of all.reverse()) await end();
  });
}

export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-edge-'));
  atEnd(t, () => rm(folder, { recursive: true, force: true }));
  return folder;
}

const authority = createAuthority('authority of the test', 2);

async function filesOf(folder: string, name: string, uri: string) {
  const pair = issueCertificate(authority, { name, uri, hosts: ['127.0.0.1', 'localhost'] }, 1);
  const files = { certificate: path.join(folder, `${name}.pem`), key: path.join(folder, `${name}.key`) };
  await writeFile(files.key, pair.key);
  await writeFile(files.certificate, pair.certificate);
  return files;
}

export interface Core {
  nats: TestNats;
  bus: Bus;
  /** Port of its ingest; the same after a restart. */
  port: number;
  /** What an edge of a site shows it. */
  securityOf: (site: string) => Promise<ClientSecurity>;
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** An ingest at the core with TLS and a policy, behind it a broker that writes to disk before it answers. */
export async function startCore(t: TestContext, environment: Record<string, string> = {}): Promise<Core> {
  const folder = await temporaryFolder(t);
  const nats = await startNats(undefined, { syncInterval: 'always' });
  atEnd(t, () => nats.stop());
  const bus = await connectBus({ servers: nats.url, name: 'ingest' });
  atEnd(t, () => bus.drain());
  await bus.ensureTopology();
  const authorities = path.join(folder, 'ca.pem');
  await writeFile(authorities, authority.certificate);
  const roles: Role[] = ['upload', 'annotate'];
  const security: ServerSecurity = {
    tls: { ...(await filesOf(folder, 'core', 'spiffe://sulcus/service/ingest')), authorities },
    policy: new AccessPolicy([{ uri: 'spiffe://sulcus/site/north', site: 'north', roles }]),
    insecure: false,
  };
  const log = createLogger('ingest', { write: () => undefined });
  const core = { service: undefined as IngestService | undefined, port: 0 };
  const start = async (): Promise<void> => {
    const config = readConfig({
      SULCUS_NATS_URL: nats.url,
      SULCUS_SITE: 'core',
      SULCUS_INGEST_ADDRESS: `127.0.0.1:${core.port}`,
      SULCUS_PSEUDONYM_KEY: 'the key of the core in this test',
      SULCUS_DATA_DIR: folder,
      ...environment,
    });
    core.service = await IngestService.start({ bus, config: { ...config, security }, log, instance: 'core' });
    core.port = Number(core.service.address.split(':').at(-1));
  };
  const stop = async (): Promise<void> => {
    await core.service?.stop(0);
    core.service = undefined;
  };
  await start();
  atEnd(t, stop);
  return {
    nats,
    bus,
    get port() {
      return core.port;
    },
    securityOf: async (site) => ({
      tls: { ...(await filesOf(folder, site, `spiffe://sulcus/site/${site}`)), authorities },
    }),
    stop,
    start,
  };
}

/** Lines that were logged, parsed. */
export type Logged = { level: string; msg: string; [key: string]: unknown }[];

export interface Edge {
  service: EdgeService;
  client: ReturnType<typeof createClient<'Ingest'>>;
  dataDir: string;
  logged: Logged;
}

/** What an edge of the site "north" is given. */
export async function edgeEnvironment(core: Core, address: string, dataDir: string): Promise<Record<string, string>> {
  const { tls } = await core.securityOf('north');
  return {
    SULCUS_SITE: 'north',
    SULCUS_DATA_DIR: dataDir,
    SULCUS_INGEST_ADDRESS: '127.0.0.1:0',
    SULCUS_PSEUDONYM_KEY: 'the key of the site in this test',
    SULCUS_EDGE_CORE: address,
    SULCUS_TLS_CA: tls!.authorities!,
    SULCUS_TLS_CERTIFICATE: tls!.certificate!,
    SULCUS_TLS_KEY: tls!.key!,
  };
}

/** An edge of the site "north", its doors without TLS, with a client of them. */
export async function startEdge(
  t: TestContext,
  core: Core,
  address: string,
  environment: Record<string, string> = {},
): Promise<Edge> {
  const dataDir = environment['SULCUS_DATA_DIR'] ?? (await temporaryFolder(t));
  const config = readEdgeConfig({ ...(await edgeEnvironment(core, address, dataDir)), ...environment });
  const logged: Logged = [];
  const log = createLogger('edge', { write: (line) => logged.push(JSON.parse(line) as Logged[number]) });
  const service = await EdgeService.start({ config: { ...config, security: { insecure: false } }, log });
  atEnd(t, () => service.stop(0));
  const client = createClient('Ingest', service.address, { security: {} });
  atEnd(t, () => client.close());
  return { service, client, dataDir, logged };
}

/** A core, an edge, and a line between them. */
export async function startSite(
  t: TestContext,
  environment: Record<string, string> = {},
  line: Parameters<typeof startLink>[2] = {},
): Promise<Edge & { core: Core; link: Link }> {
  const core = await startCore(t);
  const link = await startLink(undefined, core.port, line);
  atEnd(t, () => link.stop());
  return { ...(await startEdge(t, core, link.address, environment)), core, link };
}

/** Images that differ, each of a patient of its own, as uploads. */
export const uploads = (count: number, from = 0) =>
  Promise.all(
    Array.from({ length: count }, async (_, index) => ({
      name: `image ${from + index}`,
      image: await noiseImage(from + index, { format: 'png' }),
      label: 'glioma',
      patientId: `MRN-${from + index}`,
    })),
  );

/** Samples of the site "north" on SCANS, in their order, with those that are there twice. */
export async function samplesOnScans(bus: Bus): Promise<string[]> {
  const samples: string[] = [];
  if ((await bus.statsOf('SCANS')).messages === 0) return samples;
  // A broker that was just started may leave a reader waiting: it is asked again.
  const signal = AbortSignal.timeout(5_000);
  for await (const { message, pending } of bus.follow({ stream: 'SCANS', codec: codecs.Scan, signal })) {
    if (message!.site === 'north') samples.push(message!.sampleId);
    if (pending === 0) break;
  }
  return samples;
}
