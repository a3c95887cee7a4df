import { encodeSafetensors, type NetworkState } from '#libs/nn';
import { CheckpointStore, type ModelCard } from '#libs/registry';
import { Checkpoints } from '../../../services/trainer/state/checkpoints.js';
import { RunState } from '../../../services/trainer/state/run-state.js';
import { choose } from '../mutate/choose.js';
import { mutateJson } from '../mutate/json.js';
import { modelCard } from '../../../test/helpers/cards.js';
import { sharedStack } from '../stack.js';
import { outcomeOf, type Target } from '../target.js';
import { mutateSafetensors } from './models.js';

const RUN = 'fuzzed';
const state: NetworkState = new Map([['fc.bias', { shape: [2], data: Float32Array.of(1, 2) }]]);
const ledger = { pass: 0, snapshotSequence: 3, appliedRows: 2, droppedRows: 0, settled: 'Bg==', contentDigest: 5 };
const IDENTITY = {
  run: RUN,
  recipe: { name: 'a' },
  classes: ['glioma', 'notumor'],
  seed: 1,
  patience: 3,
  learningRate: 0.1,
  schedule: undefined,
};
const MANIFEST = {
  schema: 1,
  run: RUN,
  recipe: { name: 'a' },
  classes: ['glioma', 'notumor'],
  seed: 1,
  ledger,
  completedLedger: ledger,
  progress: { step: 3, samples: 48, validations: 1, passesOnSameData: 1, activeMs: 5, waitedMs: 1 },
  earlyStopping: { bestLoss: 0.5, validationsWithoutImprovement: 1 },
  dataFingerprint: 'ab',
  pendingPublication: null,
  parentVersion: 'main-000001',
  stepTraceparents: ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
};

/** What a trainer goes on from: a manifest and tensors, of which one part is changed. */
const checkpoint: Target = {
  name: 'checkpoint',
  share: 3,
  kind: 'services',
  maker: async () => {
    const tensors = encodeSafetensors(state);
    return (random) => {
      const part = choose(random, ['manifest', 'manifest', 'weights', 'optimizer', 'average']);
      const content = part === 'manifest' ? mutateJson(random, MANIFEST) : mutateSafetensors(random, tensors);
      return Buffer.concat([Buffer.from(`${part}\n`), content]);
    };
  },
  open: async () => {
    const { stack, release } = await sharedStack();
    const store = new CheckpointStore(stack.bus);
    const tensors = encodeSafetensors(state);
    return {
      run: async (input) => {
        const end = input.indexOf('\n');
        const [part, content] = [input.toString('utf8', 0, end), input.subarray(end + 1)];
        const parts = { weights: tensors, optimizer: tensors, ...(part !== 'manifest' && { [part]: content }) };
        const manifest = part === 'manifest' ? parsed(content) : MANIFEST;
        if (manifest === undefined) return 'no JSON';
        await store.save(RUN, { manifest: manifest as Record<string, unknown>, parts });
        const checkpoints = new Checkpoints(stack.bus, RUN, undefined as never, undefined as never);
        return await outcomeOf(async () => new RunState(IDENTITY, (await checkpoints.restore())!.manifest));
      },
      [Symbol.asyncDispose]: release,
    };
  },
};

function parsed(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString());
  } catch {
    return undefined;
  }
}

/** What lies in a bucket under a key, read by who follows it. */
const entryTarget = (name: string, key: string, document: (card: ModelCard) => unknown): Target => ({
  name,
  share: 2,
  kind: 'services',
  maker: async () => (random) => mutateJson(random, document(modelCard())),
  open: async () => {
    const { stack, release } = await sharedStack();
    const models = await stack.bus.keyValue('models');
    const { registry, predictor } = stack;
    const sound = await models.get(key);
    return {
      run: async (input) => {
        await models.put(key, input);
        await outcomeOf(() => registry.list());
        await outcomeOf(() => registry.alias('champion'));
        return await outcomeOf(() => registry.get('main-000077'));
      },
      check: async () => {
        if (sound) await models.put(key, sound.value);
        if (!predictor.serving) throw new Error('The predictor serves no more');
      },
      [Symbol.asyncDispose]: release,
    };
  },
});

export const checkpointTargets: readonly Target[] = [
  checkpoint,
  entryTarget('card', 'version.main-000077', (card) => ({ ...card, version: 'main-000077' })),
  entryTarget('alias', 'alias.champion', () => ({
    ...{ kind: 'promoted', version: 'main-000001', reason: 'the first', timeUnixMs: 1 },
    history: [{ kind: 'promoted', version: 'main-000001', reason: 'the first', timeUnixMs: 1 }],
  })),
];
