import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isOwnRound, isPipelineKind, type AnyKind, type FaultKind, type FaultSettings } from './faults/fault.js';
import type { Findings } from './findings.js';
import { isClean, type RoundOutcome } from './outcome.js';
import { calmRun, faultyRun } from './rounds/pipeline.js';
import { drawFaults } from './schedule.js';
import { writeImages, type Images } from './stand/images.js';
import { LoopDisk } from './stand/loop-disk.js';

export interface LaboratoryPlan {
  kinds: readonly AnyKind[];
  rounds: number;
  /** Of the first round; the next has the next. */
  seed: number;
  /** Epochs of a round's training: long enough for several faults, short enough for many rounds. */
  epochs: number;
  /** Servers of the broker. */
  servers: number;
  settings: FaultSettings;
  /** Is told how it goes, in lines. */
  tell: (line: string) => void;
  /** Is told each outcome as it comes. */
  onRound: (outcome: RoundOutcome) => void;
}

/** Makes the rounds, one after the other. Folders of rounds that are not clean stay. */
export async function runLaboratory(plan: LaboratoryPlan): Promise<RoundOutcome[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-laboratory-'));
  const images = await writeImages(path.join(folder, 'images'));
  let calm: Promise<Findings> | undefined;
  const runCalm = async (): Promise<Findings> => {
    const startedMs = performance.now();
    plan.tell(`${images.count} images; a run left alone first`);
    const findings = await calmRun({
      folder: path.join(folder, 'calm'),
      images,
      epochs: plan.epochs,
      servers: plan.servers,
    });
    plan.tell(`it took ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
    return findings;
  };
  const outcomes: RoundOutcome[] = [];
  for (let seed = plan.seed; seed < plan.seed + plan.rounds; seed++) {
    const first = plan.kinds[seed % plan.kinds.length]!;
    const place = { seed, folder: path.join(folder, `seed-${seed}`) };
    const outcome = isOwnRound(first)
      ? await first.round(place)
      : await pipelineRound(plan, { ...place, first, images, calm: await (calm ??= runCalm()) });
    outcomes.push(outcome);
    plan.onRound(outcome);
  }
  if (outcomes.every(isClean)) await rm(folder, { recursive: true, force: true });
  return outcomes;
}

interface Place {
  seed: number;
  folder: string;
  first: FaultKind;
  images: Images;
  calm: Findings;
}

async function pipelineRound(
  { kinds, settings, servers, epochs }: LaboratoryPlan,
  { seed, folder, first, images, calm }: Place,
): Promise<RoundOutcome> {
  const turn = Math.floor(seed / kinds.length);
  const faults = drawFaults({ first, kinds: kinds.filter(isPipelineKind), turn }, seed, settings);
  using disk = faults.some(({ needsDisk }) => needsDisk) ? new LoopDisk(`${folder}-disk`) : undefined;
  return await faultyRun({ folder, images, epochs, disk, servers }, { seed, faults, calm });
}
