import { acknowledged } from '../rounds/acknowledged.js';
import { clock } from './clock.js';
import { diskFull } from './disk-full.js';
import { kill, terminate } from './end-process.js';
import { killEngine, stallEngine } from './engine.js';
import type { AnyKind } from './fault.js';
import { flip } from './flip.js';
import { duplicate, foreign, reorder } from './messages.js';
import { blackHole, cut, slow } from './network.js';
import { pause } from './pause.js';
import { powerLoss } from './power-loss.js';
import { secondRun, twice } from './second.js';

/** Every kind of fault. */
export const FAULT_KINDS: readonly AnyKind[] = [
  kill,
  pause,
  terminate,
  killEngine,
  stallEngine,
  cut,
  blackHole,
  slow,
  duplicate,
  reorder,
  foreign,
  clock,
  twice,
  secondRun,
  flip,
  diskFull,
  powerLoss,
  acknowledged,
];
