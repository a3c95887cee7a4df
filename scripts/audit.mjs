/**
 * Asks the registry for known faults of the packages that are part of sulcus while it runs. Fails for those of severity
 * high and above. Where the registry does not answer, it says so in a line, and passes.
 */
import { spawnSync } from 'node:child_process';
import { root } from './setup/paths.mjs';

const TIMEOUT_MS = 60_000;

const words = ['audit', '--json', '--omit', 'dev', '--audit-level', 'high'];
const { stdout, error } = spawnSync('npm', words, { cwd: root, encoding: 'utf8', timeout: TIMEOUT_MS });

/** @returns {any} */
function report() {
  try {
    return JSON.parse(stdout);
  } catch {
    return {};
  }
}

const { metadata, vulnerabilities = {}, message } = report();
if (metadata === undefined) {
  const why = String(error?.message ?? message ?? 'no answer').split('\n')[0];
  console.log(`– npm audit: not checked, the registry does not say (${why})`);
} else {
  const grave = Object.values(vulnerabilities).filter(({ severity }) => ['high', 'critical'].includes(severity));
  for (const { name, severity, range } of grave) console.log(`${name} ${range}: ${severity}`);
  console.log(`${grave.length === 0 ? '✔' : '✖'} npm audit: ${grave.length} packages with grave faults`);
  process.exitCode = grave.length === 0 ? 0 : 1;
}
