/**
 * Writes docs/environment.md from what the services read: the same source as their `--help`. With --check it only
 * compares, and fails when they differ.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { clientSecurityEnvironment } from '#libs/access';
import { brokerSecurityEnvironment, limitsEnvironment } from '#libs/bus';
import { shownDefault, type EnvironmentSpec } from '#libs/config';
import { telemetryEnvironment } from '#libs/telemetry';
import { environment as archiverEnvironment } from '../services/archiver/config.js';
import { bucketEnvironment } from '../services/cli/shared/bucket/environment.js';
import { kaggleEnvironment } from '../services/cli/shared/kaggle/environment.js';
import { environment as edgeEnvironment } from '../services/edge/config.js';
import { environment as ingestEnvironment } from '../services/ingest/config.js';
import { environment as predictorEnvironment } from '../services/predictor/config.js';
import { environment as preprocessEnvironment } from '../services/preprocess/config.js';
import { environment as trainerEnvironment } from '../services/trainer/config.js';

const FILE = new URL('../docs/environment.md', import.meta.url);

/** What set-up reads before any of the sources can run. */
const SET_UP: readonly (readonly [name: string, description: string])[] = [
  ['SULCUS_LIBTENSORFLOW_DIR', 'a libtensorflow that is there already: its folder'],
  ['SULCUS_ENGINE_BINDING', 'a compiled engine binding'],
  [
    'SULCUS_NATS_SERVER',
    'the nats-server program; default: the one that set-up brings where there is none on PATH that will do',
  ],
];

const SECTIONS: readonly (readonly [title: string, spec: EnvironmentSpec])[] = [
  ['Every process', telemetryEnvironment],
  ['Ingest', ingestEnvironment],
  ['Edge', edgeEnvironment],
  ['Archiver', archiverEnvironment],
  ['Preprocess', preprocessEnvironment],
  ['Trainer', trainerEnvironment],
  ['Predictor', predictorEnvironment],
  ['Every process that uses a broker with TLS or accounts', brokerSecurityEnvironment],
  ['Commands that call ingest or the predictor', clientSecurityEnvironment],
  ['Data that are named as kaggle:owner/name (npm start, sulcus import, sulcus evaluate)', kaggleEnvironment],
  ['Data that are named as s3://bucket/prefix (the same commands)', bucketEnvironment],
  ['Streams (whoever connects first creates them; one that is there keeps what is not set)', limitsEnvironment],
];

const HEAD = `# Environment

Every variable of every process, made from what they read (\`npm run generate\`); \`npx sulcus <command> --help\` says
the same. \`OTEL_*\` variables keep their standard meaning. All mistakes are reported together when a process starts.
`;

const cell = (text: string): string => text.replaceAll('|', '\\|');

const table = (rows: readonly (readonly string[])[]): string =>
  ['| variable | default | what |', '|---|---|---|', ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`)].join(
    '\n',
  );

function section(title: string, spec: EnvironmentSpec): string {
  const rows = Object.values(spec).map(([name, variable]) => {
    const fallback = shownDefault(variable);
    const shown = variable.required ? 'required' : fallback === undefined ? '' : `\`${fallback}\``;
    const orFile = variable.secret ? `; or \`${name}_FILE\`, a file that holds it` : '';
    return [`\`${name}\``, shown, `${variable.description}${orFile}`];
  });
  return `## ${title}\n\n${table(rows)}\n`;
}

const setUp = `## Set-up\n\n${table(SET_UP.map(([name, description]) => [`\`${name}\``, '', description]))}\n`;
const text = [HEAD, ...SECTIONS.map(([title, spec]) => section(title, spec)), setUp].join('\n');

if (!process.argv.includes('--check')) writeFileSync(FILE, text);
else if (!existsSync(FILE) || readFileSync(FILE, 'utf8') !== text) {
  console.error('docs/environment.md differs from what the services read.\nRun: npm run generate');
  process.exitCode = 1;
}
