import { execFile } from 'node:child_process';
import path from 'node:path';
import { packageRoot } from '#libs/service';

/** What `sulcus audit --json` says; see its `--help`. */
export interface AuditAnswer {
  clean: boolean;
  lost: number;
  doubled: number;
  wrong: number;
  findings: readonly { kind: string; where: string; what: string }[];
  error?: { code: string; message: string };
}

const TIMEOUT_MS = 60_000;

/** Runs `sulcus audit` on a pipeline as an operator does, contents included. */
export async function runAudit(servers: string, archiveFolder: string, acceptedFile: string): Promise<AuditAnswer> {
  const places = ['--nats', servers, '--archive', archiveFolder, '--accepted', acceptedFile];
  const words = ['audit', '--json', '--contents', ...places];
  const output = await new Promise<string>((resolve) =>
    execFile(
      process.execPath,
      [path.join(packageRoot(), 'dist/services/cli/main.js'), ...words],
      { timeout: TIMEOUT_MS, maxBuffer: 64e6 },
      // Its exit code tells that it has found something, which its answer tells too.
      (_, stdout, stderr) => resolve(stdout || JSON.stringify({ error: { code: 'NO_ANSWER', message: stderr } })),
    ),
  );
  const empty = { clean: false, lost: 0, doubled: 0, wrong: 0, findings: [] };
  return { ...empty, ...(JSON.parse(output) as Partial<AuditAnswer>) };
}
