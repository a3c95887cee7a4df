import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Contestant, Turn } from './measure.js';

/** What a peer script writes: first that it is warm, then one line per turn. */
type PeerLine = { ready: true } | Turn;

/**
 * Starts a PyTorch script of this folder. It warms up, then measures for as many seconds as each line of its input
 * says. Python is `python3`, or what the environment variable PYTHON names; PYTHONPATH may name where PyTorch is.
 *
 * @param settings the script's arguments, before the variant
 */
export async function startPeer(
  script: `peer_${string}.py`,
  variant: string,
  settings: readonly (string | number)[],
): Promise<Contestant> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.env['PYTHON'] ?? 'python3', [file, ...settings.map(String), variant], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2000)));
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${script} ${variant} ended with code ${code}:\n${said.trim()}`)));
  });
  ended.catch(() => undefined);
  child.stdin.on('error', () => undefined); // the process is gone: `ended` says so
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<PeerLine> => {
    // Libraries may print lines of their own.
    for (;;) {
      const { value } = (await Promise.race([lines.next(), ended])) as { value: string | undefined };
      if (value === undefined) return await ended;
      if (value.startsWith('{')) return JSON.parse(value) as PeerLine;
    }
  };
  await next();
  return {
    name: `PyTorch ${variant}`,
    pids: [child.pid!],
    measure: async (seconds) => {
      child.stdin.write(`${seconds}\n`);
      const line = await next();
      if (!('stepsMs' in line)) throw new Error(`${script} ${variant} did not measure`);
      return line;
    },
    close: async () => {
      child.stdin.end();
      await ended.catch(() => undefined);
    },
  };
}
