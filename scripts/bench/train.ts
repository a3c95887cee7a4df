/** Speed and memory of training steps: `npm run bench:train -- --model resnet50 --batch 16 --size 224 --precision bf16 [--peer] [--json]`. */
import { initialState, TrainingSession } from '#libs/nn';
import { randomBatch } from './images.js';
import { networkConfig } from './options.js';
import { main } from './run.js';

await main({
  defaultBatch: 16,
  peerScript: 'peer_train.py',
  peerVariants: ({ precision }) => (precision === 'bf16' ? ['channels-last', 'compiled'] : ['contiguous', 'channels-last', 'compiled']),
  warmUpSteps: 3,
  prepare: async (engine, options) => {
    const config = networkConfig(options);
    const session = await TrainingSession.create(engine, config, { name: 'adam', learningRate: 1e-4 }, { weights: initialState(config, 1) });
    const batch = randomBatch(options, config.classes);
    return () => session.trainStep(batch);
  },
});
