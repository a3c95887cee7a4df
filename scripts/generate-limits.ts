/**
 * Writes docs/limits.md from the table that the code takes its values from. With --check it only compares, and fails
 * when they differ.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { ERROR_CODES, GrpcStatus } from '#libs/errors';
import { LIMITS, type Boundary, type Limit } from '#libs/limits';

const FILE = new URL('../docs/limits.md', import.meta.url);

const HEAD = `# Limits

What a stranger can make a service do is bounded before it is done. Each bound of the table that the code uses, made
from it (\`npm run generate\`), and what whoever goes beyond it gets: the stable code, and the gRPC status that carries
it where the boundary is a call.
`;

const TAIL = `## What Node's HTTP/2 bounds by itself

- Calls that a peer resets: 1,000 at once and 33 per second after that, of each connection (nghttp2's
  \`stream_reset_rate_limit\`); beyond it the connection is closed (GOAWAY, INTERNAL_ERROR), others go on.
- Frames of DATA without a byte, and other invalid frames: 1,000 of each connection, which is then closed
  (\`maxSessionInvalidFrames\`).
- Acknowledgements of PING and SETTINGS that a peer does not read: 1,000 of each connection, which is then closed; so is
  one whose headers go on for more than 8 CONTINUATION frames.
- The table by which headers are compressed: 4 KiB of each connection; what headers become counts as headers above.

Nothing here bounds how fast frames come that ask for little: headers that are refused, PRIORITY, WINDOW_UPDATE, padding
and frames of unknown types take memory of nobody, and as much of a core as a line can carry of them
(\`test/libs/rpc/floods.test.ts\` measures each). Where strangers reach the port, what stands in front of it bounds the
bytes per second of each address.
`;

const MIB = 2 ** 20;
const number = (value: number): string => value.toLocaleString('en-US');

function shown({ value, unit }: Limit): string {
  switch (unit) {
    case 'bytes':
      return value % MIB === 0 ? `${number(value / MIB)} MiB` : `${number(value / 1024)} KiB`;
    case 'milliseconds':
      return `${number(value / 1000)} s`;
    case 'count':
      return number(value);
    default:
      return `${number(value)} ${unit}`;
  }
}

const STATUS_NAMES = Object.fromEntries(Object.entries(GrpcStatus).map(([name, value]) => [value, name]));

function answer({ answer: given }: Limit): string {
  if (typeof given !== 'string') return given.words;
  const status = STATUS_NAMES[ERROR_CODES[given].grpcStatus]!;
  return status === given ? given : `${given} (${status})`;
}

function section(boundary: Boundary, limits: readonly Limit[]): string {
  const rows = limits.map((limit) =>
    [shown(limit), limit.of, answer(limit), limit.variable ? `\`${limit.variable}\`` : ''].join(' | '),
  );
  const title = boundary.charAt(0).toUpperCase() + boundary.slice(1);
  const lines = ['at most | what | beyond it | set by', '---|---|---|---', ...rows].map((row) => `| ${row} |`);
  return `## ${title}\n\n${lines.join('\n')}\n`;
}

const all: readonly Limit[] = Object.values(LIMITS);
const boundaries = [...new Set(all.map(({ boundary }) => boundary))];
const text = [
  HEAD,
  ...boundaries.map((boundary) =>
    section(
      boundary,
      all.filter((limit) => limit.boundary === boundary),
    ),
  ),
  TAIL,
].join('\n');

if (!process.argv.includes('--check')) writeFileSync(FILE, text);
else if (!existsSync(FILE) || readFileSync(FILE, 'utf8') !== text) {
  console.error('docs/limits.md differs from the limits in the code.\nRun: npm run generate');
  process.exitCode = 1;
}
