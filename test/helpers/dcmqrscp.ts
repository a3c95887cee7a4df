import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { dcmtk, runDcmtk } from './dcmtk.js';
import { lastingPort } from './ports.js';
import { until } from './until.js';

export interface Dcmqrscp {
  /** `PACS@127.0.0.1:<port>`. */
  peer: string;
  /** Puts an object in, as it is. @param option of storescu that proposes its transfer syntax */
  add: (bytes: Buffer, option?: string) => Promise<void>;
}

/** DCMTK's PACS, title PACS. @param sulcusPort where it knows us to listen; undefined: it does not know us */
export async function startDcmqrscp(t: TestContext, sulcusPort?: number): Promise<Dcmqrscp> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-dcmqrscp-'));
  const port = await lastingPort();
  await mkdir(path.join(folder, 'store'));
  const configuration = path.join(folder, 'dcmqrscp.cfg');
  await writeFile(
    configuration,
    [
      'MaxPDUSize = 16384',
      'MaxAssociations = 16',
      'HostTable BEGIN',
      sulcusPort === undefined ? '' : `sulcus = (SULCUS, 127.0.0.1, ${sulcusPort})`,
      'HostTable END',
      'VendorTable BEGIN',
      'VendorTable END',
      'AETable BEGIN',
      `PACS ${path.join(folder, 'store')} RW (1000, 1024mb) ANY`,
      'AETable END',
      '',
    ].join('\n'),
  );
  // A group of its own: it makes a process for each association.
  const child = spawn(dcmtk('dcmqrscp')!, ['-c', configuration, String(port)], { detached: true, stdio: 'ignore' });
  t.after(async () => {
    const gone = once(child, 'exit');
    process.kill(-child.pid!, 'SIGKILL');
    await gone;
    await rm(folder, { recursive: true, force: true });
  });
  const to = ['-aet', 'MR1', '-aec', 'PACS', '127.0.0.1', String(port)];
  await until(async () => (await runDcmtk('echoscu', to)).code === 0, 'a dcmqrscp that answers', 30_000);
  let number = 0;
  const add = async (bytes: Buffer, option?: string): Promise<void> => {
    const file = path.join(folder, `${number++}.dcm`);
    await writeFile(file, bytes);
    const { code, output } = await runDcmtk('storescu', [...(option === undefined ? [] : [option]), ...to, file]);
    if (code !== 0) throw new Error(output);
  };
  return { peer: `PACS@127.0.0.1:${port}`, add };
}
