/**
 * Speed and memory of predictions: `npm run bench:infer -- --model resnet50 --batch 1 --size 224 --precision bf16
 * [--peer] [--json]`.
 */
import { InferenceSession, initialState } from '#libs/nn';
import { randomBatch } from './images.js';
import { networkConfig } from './options.js';
import { main } from './run.js';

await main({
  defaultBatch: 1,
  peerScript: 'peer_infer.py',
  peerVariants: () => ['eager', 'compiled', 'frozen'],
  warmUpSteps: 5,
  prepare: async (engine, options) => {
    const config = networkConfig(options);
    const session = await InferenceSession.create(engine, config, initialState(config, 1));
    const { pixels, count } = randomBatch(options, config.classes);
    return () => session.predict(pixels, count);
  },
});
