import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Streams, subjects, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { recordDecision } from '#libs/decisions';
import { SulcusError } from '#libs/errors';
import { CheckpointStore, Registry } from '#libs/registry';
import { commandProcess } from './command-process.js';

/** What a checkpoint says of how its run learns. */
interface RunManifest {
  recipe?: Record<string, unknown>;
  classes?: readonly string[];
}

/**
 * Trains a run anew, as it was begun, on what is there now: its recipe, classes and seed, under another name.
 * Preprocess workers must run. The gate decides about its versions as about any.
 *
 * @returns the newest version; undefined when none was offered
 * @throws NOT_FOUND for a run without a checkpoint; SERVICE_UNAVAILABLE when the training fails
 */
export async function retrain(
  bus: Bus,
  run: string,
  { natsUrl, reason, signal }: { natsUrl: string; reason: string; signal: AbortSignal },
): Promise<string | undefined> {
  const manifest = (await new CheckpointStore(bus).describe(run))?.manifest as RunManifest | undefined;
  if (!manifest?.recipe || !manifest.classes)
    throw new SulcusError('NOT_FOUND', `Run ${run} has no checkpoint: it is not known how it was trained`);
  const name = await freeName(bus, run);
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-retrain-'));
  try {
    const recipe = path.join(folder, 'recipe.json');
    await writeFile(recipe, JSON.stringify(manifest.recipe));
    const environment = {
      SULCUS_NATS_URL: natsUrl,
      SULCUS_RUN: name,
      SULCUS_RECIPE: recipe,
      SULCUS_CLASSES: manifest.classes.join(','),
    };
    const startedUnixMs = Date.now();
    const trainer = commandProcess(['trainer'], environment);
    try {
      await Promise.race([finished(bus, name, startedUnixMs, signal), trainer.failed]);
    } finally {
      await trainer.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const version = (await new Registry(bus).list()).filter((card) => card.run === name).at(-1)?.version;
  const decision = { kind: 'KIND_RETRAINED', run: name, version: version ?? '', reason } as const;
  await recordDecision(bus, decision, { scope: name, key: String(Date.now()) });
  return version;
}

/** `main-r1`, `main-r2`, …: the first that no run is called. */
async function freeName(bus: Bus, run: string): Promise<string> {
  const taken = new Set(await new CheckpointStore(bus).runs());
  for (let number = 1; ; number++) if (!taken.has(`${run}-r${number}`)) return `${run}-r${number}`;
}

async function finished(bus: Bus, run: string, startUnixMs: number, signal: AbortSignal): Promise<void> {
  const subject = subjects.event('trainer');
  const codec = codecs.PipelineEvent;
  for await (const { message } of bus.follow({ stream: Streams.EVENTS, subject, codec, startUnixMs, signal }))
    if (message?.finished?.run === run) return;
}
