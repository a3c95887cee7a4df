/**
 * Speed and memory of training steps: `npm run bench:train -- --model resnet50 --batch 16 --size 224 --precision bf16
 * [--peer] [--json]`.
 */
import { main } from './run.js';
import { prepareTraining } from './training.js';

await main({
  defaultBatch: 16,
  peerScript: 'peer_train.py',
  peerVariants: ({ precision }) =>
    precision === 'bf16' ? ['channels-last', 'compiled'] : ['contiguous', 'channels-last', 'compiled'],
  warmUpSteps: 3,
  prepare: prepareTraining,
});
