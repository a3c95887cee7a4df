/** Speed and memory of training steps: `npm run bench:train -- --help`. */
import { measureOptions, networkOptions, peerOptions, shardOptions } from './options.js';
import { main } from './run.js';
import { prepareTraining } from './training.js';

await main({
  name: 'train',
  description:
    'Measures training steps of a network: speed, and the memory of the engine and of the process that asks.',
  options: {
    ...networkOptions({ batch: 16 }),
    ...shardOptions,
    ...measureOptions,
    ...peerOptions('contiguous, channels-last, compiled'),
  },
  peerScript: 'peer_train.py',
  peerVariants: ({ precision }) =>
    precision === 'bf16' ? ['channels-last', 'compiled'] : ['contiguous', 'channels-last', 'compiled'],
  warmUpSteps: 3,
  prepare: prepareTraining,
});
