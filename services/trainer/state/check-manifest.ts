import { z } from 'zod';
import { SulcusError } from '#libs/errors';

const count = z.int().nonnegative();

const ledger = z.looseObject({
  pass: count,
  snapshotSequence: count,
  appliedRows: count,
  droppedRows: count,
  settled: z.base64(),
  contentDigest: z.number().optional(),
});

/** As far as a trainer that goes on from it takes it apart. */
const schema = z.looseObject({
  schema: z.literal(1),
  recipe: z.record(z.string(), z.unknown()),
  classes: z.array(z.string()),
  seed: z.number(),
  ledger,
  completedLedger: ledger.nullable(),
  progress: z.looseObject({
    step: count,
    samples: count,
    validations: count,
    passesOnSameData: count,
    activeMs: z.number(),
    waitedMs: z.number(),
  }),
  earlyStopping: z.looseObject({ bestLoss: z.number().nullable(), validationsWithoutImprovement: count }),
  schedule: z
    .looseObject({
      epochs: count,
      batches: count,
      bestLoss: z.number().nullable(),
      validationsWithoutFall: count,
      reductions: count,
    })
    .optional(),
  dataFingerprint: z.string(),
  pendingPublication: z
    .looseObject({
      metrics: z.looseObject({}),
      pass: count,
      decision: z.looseObject({ promote: z.boolean(), reason: z.string() }),
    })
    .nullable(),
  parentVersion: z.string().nullable(),
  stepTraceparents: z.array(z.string()),
  batchSize: z.looseObject({ size: z.int().positive(), reason: z.string() }).optional(),
  stream: z.looseObject({}).optional(),
  lineage: z
    .looseObject({
      head: z.looseObject({ hash: z.string(), number: z.int().positive() }).nullable(),
      learned: z.array(z.tuple([z.string(), z.array(z.number())])),
      relearned: z.array(z.tuple([z.string(), z.array(z.number())])),
      putAside: z.array(z.number()),
      abandoned: z.array(z.string()),
    })
    .optional(),
});

/** @throws MESSAGE_INVALID naming every field of a checkpoint's manifest that is wrong */
export function checkManifest(run: string, manifest: unknown): void {
  const checked = schema.safeParse(manifest);
  if (checked.success) return;
  throw new SulcusError(
    'MESSAGE_INVALID',
    `The checkpoint of run "${run}" is damaged: ${z.prettifyError(checked.error).replaceAll('\n', ' ')}`,
  );
}
