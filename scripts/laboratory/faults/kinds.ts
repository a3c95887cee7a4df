import { clock } from './clock.js';
import { kill, terminate } from './end-process.js';
import type { FaultKind } from './fault.js';
import { duplicate, foreign, reorder } from './messages.js';
import { blackHole, cut, slow } from './network.js';
import { pause } from './pause.js';

/** Every kind of fault that a running pipeline is given. */
export const FAULT_KINDS: readonly FaultKind[] = [
  kill,
  pause,
  terminate,
  cut,
  blackHole,
  slow,
  duplicate,
  reorder,
  foreign,
  clock,
];
