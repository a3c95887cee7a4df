import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { Bus } from '#libs/bus';
import { publishScan } from '../../../helpers/scans.js';

/** Publishes one image of a study as ingest does. */
export async function publishSlice(bus: Bus, studyId: string, image: Buffer): Promise<string> {
  return (await publishScan(bus, image, { studyId, site: 'site', split: 'SPLIT_TEST' })).sampleId;
}

/** Runs `sulcus study` to its end. */
export async function sulcusStudy(
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [path.resolve('dist/services/cli/main.js'), 'study', ...words], {
    env: { ...process.env, ...environment, NODE_TEST_CONTEXT: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [[code], stdout, stderr] = await Promise.all([
    once(child, 'close') as Promise<[number | null]>,
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code, stdout, stderr };
}
