import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { freePort } from './nats.js';
import { until } from './until.js';
import { root } from '../../scripts/setup/paths.mjs';

const FOLDER = path.join(root, '.sulcus/peers/orthanc');
const PROGRAM = path.join(FOLDER, 'bin/Orthanc');
const PLUGIN = path.join(FOLDER, 'usr/share/orthanc/plugins/libOrthancDicomWeb.so');

/** Of a test that talks to Orthanc. */
export const withoutOrthanc: string | false =
  existsSync(PROGRAM) && existsSync(PLUGIN) ? false : 'there is no Orthanc here: npm run setup:peers brings it';

export interface Orthanc {
  /** Its own interface, `http://127.0.0.1:<port>`. */
  url: string;
  dicomPort: number;
  /** Of its DICOMweb. */
  dicomweb: string;
  /** Puts an object in. */
  add: (bytes: Buffer) => Promise<void>;
  stop(): Promise<void>;
  /** Starts it again on the same ports and store. */
  start(): Promise<void>;
}

/** An Orthanc (title ORTHANC) with DICOMweb and a store of its own. @param sulcusPort where it knows us to listen */
export async function startOrthanc(t: TestContext, sulcusPort?: number): Promise<Orthanc> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-orthanc-'));
  const [httpPort, dicomPort] = [await freePort(), await freePort()];
  const configuration = path.join(folder, 'orthanc.json');
  await writeFile(
    configuration,
    JSON.stringify({
      Name: 'test',
      StorageDirectory: path.join(folder, 'store'),
      IndexDirectory: path.join(folder, 'store'),
      HttpPort: httpPort,
      DicomPort: dicomPort,
      RemoteAccessAllowed: false,
      AuthenticationEnabled: false,
      DicomAlwaysAllowFind: true,
      DicomAlwaysAllowMove: true,
      DicomAlwaysAllowGet: true,
      DicomModalities: sulcusPort === undefined ? {} : { sulcus: ['SULCUS', '127.0.0.1', sulcusPort] },
      Plugins: [PLUGIN],
      DicomWeb: { Enable: true, Root: '/dicom-web/' },
    }),
  );
  const url = `http://127.0.0.1:${httpPort}`;
  let child: ReturnType<typeof spawn> | undefined;
  let said = '';
  const start = async (): Promise<void> => {
    child = spawn('/bin/sh', ['-c', `exec '${PROGRAM}' '${configuration}'`], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (text: Buffer) => (said += text.toString()));
    const isUp = async (): Promise<boolean> =>
      (await fetch(`${url}/dicom-web/studies`).catch(() => undefined))?.ok ?? false;
    await until(isUp, 'an Orthanc that answers', 30_000).catch((error: Error) => {
      throw new Error(`${error.message}\n${said.slice(-2000)}`);
    });
  };
  const stop = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const gone = once(running, 'exit');
    running.kill('SIGKILL');
    await gone;
  };
  await start();
  t.after(async () => {
    await stop();
    await rm(folder, { recursive: true, force: true });
  });
  const add = async (bytes: Buffer): Promise<void> => {
    const response = await fetch(`${url}/instances`, { method: 'POST', body: new Uint8Array(bytes) });
    if (!response.ok) throw new Error(`Orthanc answers ${response.status}: ${await response.text()}`);
  };
  return { url, dicomPort, dicomweb: `${url}/dicom-web`, add, stop, start };
}
