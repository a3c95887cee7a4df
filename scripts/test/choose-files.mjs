/** Which test files a run is about. */
import { readdirSync } from 'node:fs';
import path from 'node:path';

/**
 * Every `*.test.ts` below a folder, as sorted paths relative to `base`.
 * @param {string} base
 * @param {string} [folder]
 */
export function listTestFiles(base, folder = 'test') {
  return readdirSync(path.join(base, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => path.relative(base, path.join(entry.parentPath, entry.name)))
    .sort();
}

/**
 * The files whose path holds one of the patterns; all of them without a pattern.
 * @param {readonly string[]} files @param {readonly string[]} patterns
 */
export function matchFiles(files, patterns) {
  return patterns.length === 0
    ? [...files]
    : files.filter((file) => patterns.some((pattern) => file.includes(pattern)));
}

/** Whole pipelines, scenes of many processes, benchmarks, fuzzing: minutes of a processor that few runs need. */
const SYSTEM = 'test/system/';

/**
 * What a plain `npm test` leaves to `npm run test:system`.
 * @param {readonly string[]} files
 */
export const withoutSystem = (files) => files.filter((file) => !file.startsWith(SYSTEM));

/** What takes longest, from a minute of a processor to ten seconds: begun last, one would run on alone at the end. */
export const SLOW_FILES = [
  'test/scripts/laboratory/rounds.test.ts',
  'test/system/up-site.test.ts',
  'test/system/bench.test.ts',
  'test/system/archiver-room.test.ts',
  'test/system/up-accounts.test.ts',
  'test/libs/nn/evaluation.test.ts',
  'test/services/predictor/servables/swap.test.ts',
  'test/system/query-retrieve.test.ts',
  'test/system/trainer-shards.test.ts',
  'test/libs/nn/sharding.test.ts',
  'test/system/lineage-withdraw.test.ts',
  'test/libs/engine/native/kernels/batch-norm.test.ts',
  'test/system/fuzz.test.ts',
  'test/services/trainer/gate/promotion.test.ts',
  'test/system/up.test.ts',
  'test/services/trainer/stream.test.ts',
  'test/services/cli/commands/evaluate.test.ts',
  'test/system/up-refused.test.ts',
  'test/services/trainer/trainer.test.ts',
  'test/services/trainer/failures.test.ts',
  'test/system/up-portable.test.ts',
  'test/services/edge/process.test.ts',
  'test/libs/nn/training.test.ts',
  'test/system/late-label.test.ts',
  'test/services/predictor/recording/replay.test.ts',
  'test/system/optional-parts.test.ts',
  'test/services/ingest/commands.test.ts',
  'test/system/up-failed.test.ts',
  'test/services/trainer/state/damaged-checkpoint.test.ts',
  'test/services/cli/commands/weights.test.ts',
  'test/services/predictor/shadow/shadow.test.ts',
  'test/libs/nn/session.test.ts',
  'test/services/predictor/studies/follower.test.ts',
  'test/services/preprocess/preprocess.test.ts',
  'test/services/edge/forward.test.ts',
  'test/services/trainer/loop/return-to-best.test.ts',
  'test/libs/engine/native/kernels/implicit-gemm.test.ts',
  'test/services/trainer/recipe/batch-size.test.ts',
  'test/services/predictor/process.test.ts',
  'test/services/predictor/servables/versions.test.ts',
];

/**
 * The same files in the order to begin them in.
 * @param {readonly string[]} files
 */
export const slowFirst = (files) => [
  ...SLOW_FILES.filter((file) => files.includes(file)),
  ...files.filter((file) => !SLOW_FILES.includes(file)),
];
