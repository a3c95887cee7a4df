/** Speed and memory of predictions: `npm run bench:infer -- --help`. */
import { InferenceSession, initialState } from '#libs/nn';
import { randomBatch } from './images.js';
import { measureOptions, networkConfig, networkOptions, peerOptions } from './options.js';
import { main } from './run.js';

await main({
  name: 'infer',
  description: 'Measures predictions of a network: speed, and the memory of the engine and of the process that asks.',
  options: { ...networkOptions({ batch: 1 }), ...measureOptions, ...peerOptions('eager, compiled, frozen') },
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
