/** What is checked beside the tests: lint, types, boundaries, what is generated, line lengths, format. */
import { typescriptCompiler } from '../setup/paths.mjs';
import { run } from '../setup/process.mjs';

/** The exit code of a check that lacks what it needs on this machine, and says so. */
export const NOT_CHECKED = 3;

/** They run at the same time, the slowest first. */
const CHECKS = [
  { name: 'types', args: [typescriptCompiler, '--noEmit'] },
  { name: 'lint', args: ['node_modules/oxlint/bin/oxlint', '--type-aware'] },
  {
    name: 'boundaries',
    args: ['node_modules/dependency-cruiser/bin/dependency-cruise.mjs', 'libs', 'services', 'test', 'scripts'],
  },
  { name: 'generated types', args: ['scripts/generate-types.mjs', '--check'] },
  {
    name: 'generated documents',
    args: ['--conditions=source', '--import', 'tsx', 'scripts/generate-documents.ts', '--check'],
  },
  { name: 'bill of materials', args: ['scripts/sbom.mjs', '--check'] },
  { name: 'line lengths', args: ['scripts/verify/check-lines.mjs'] },
  { name: 'format', args: ['node_modules/@biomejs/biome/bin/biome', 'format', '.'] },
  { name: 'format of C++', args: ['scripts/format-cpp.mjs', '--check'] },
];

/** Runs all checks at once and shows what each has found. @returns {Promise<number>} how many failed */
export async function runChecks() {
  const startedMs = performance.now();
  const secondsGone = () => ((performance.now() - startedMs) / 1000).toFixed(1);
  const codes = await Promise.all(
    CHECKS.map(async ({ name, args }) => {
      const { code, stdout, stderr } = await run(process.execPath, args);
      const mark = code === 0 ? '✔' : code === NOT_CHECKED ? '–' : '✖';
      console.log(`${mark} ${name} (${secondsGone()} s)${code === 0 ? '' : `\n${stdout}${stderr}`.trimEnd()}`);
      return code;
    }),
  );
  return codes.filter((code) => code !== 0 && code !== NOT_CHECKED).length;
}
