import { busEnvironment } from '#libs/bus';
import {
  choice,
  duration,
  existingPath,
  flag,
  integer,
  list,
  number,
  optional,
  parseEnvironment,
  site,
  text,
  type Parsed,
} from '#libs/config';
import { devicesEnvironment, engineEnvironment } from '#libs/engine';
import { DEFAULT_GATE_POLICY } from '#libs/evaluation';

/** Environment of the trainer. */
export const environment = {
  ...busEnvironment,
  signingKey: [
    'SULCUS_SIGNING_KEY',
    optional(existingPath({ description: 'PEM file of a private Ed25519 key: versions are signed by it' })),
  ],
  run: [
    'SULCUS_RUN',
    site({ default: 'main', description: 'Name of the training run; model versions are called <run>-000001, …' }),
  ],
  classes: [
    'SULCUS_CLASSES',
    list({
      minLength: 2,
      description:
        'class names in output order, comma-separated, at least two (npm start takes them from the folder names)',
    }),
  ],
  recipe: [
    'SULCUS_RECIPE',
    text({
      default: 'default',
      description: 'Recipe: a name (sulcus recipes) or a path to a JSON, JavaScript or TypeScript file',
    }),
  ],
  recipeCode: [
    'SULCUS_RECIPE_CODE',
    flag({ default: false, description: 'true: a recipe that is a JavaScript or TypeScript file is run' }),
  ],
  mode: [
    'SULCUS_MODE',
    choice(['epochs', 'stream'], {
      default: 'epochs',
      description:
        'How to learn where the recipe leaves it open: in epochs over all that came, or each new sample once with a ' +
        'few replayed ones, at the same cost however much came before',
    }),
  ],
  epochs: [
    'SULCUS_EPOCHS',
    optional(
      integer({
        min: 1,
        description: 'Epochs over unchanged data after which training ends; default: the recipe says',
      }),
    ),
  ],
  seed: [
    'SULCUS_SEED',
    optional(integer({ min: 0, description: 'Seed of weights, shuffling and augmentation; default: the recipe says' })),
  ],
  learningRate: [
    'SULCUS_LEARNING_RATE',
    optional(number({ min: 0, description: 'Learning rate; default: the recipe says' })),
  ],
  initialWeights: [
    'SULCUS_INITIAL_WEIGHTS',
    optional(
      text({ description: 'Safetensors file a new run begins with; default: the recipe says, else drawn at random' }),
    ),
  ],
  startWeights: [
    'SULCUS_START_WEIGHTS',
    optional(text({ description: 'Safetensors file that a new run writes the weights to that it begins with' })),
  ],
  classBalanced: [
    'SULCUS_CLASS_BALANCED',
    flag({ default: false, description: 'Take as many samples of each class as the rarest has, in every epoch' }),
  ],
  batchCredit: [
    'SULCUS_BATCH_CREDIT',
    integer({ default: 4, min: 1, max: 64, description: 'Batches requested and not yet trained on, at most' }),
  ],
  validateEverySamples: [
    'SULCUS_VALIDATE_EVERY',
    optional(
      integer({ min: 1, description: 'Training samples between validations; default: one epoch, at least 2000' }),
    ),
  ],
  checkpointIntervalMs: [
    'SULCUS_CHECKPOINT_INTERVAL',
    duration({ default: 15_000, description: 'Longest time between checkpoints while training' }),
  ],
  batchRequestTimeoutMs: [
    'SULCUS_BATCH_REQUEST_TIMEOUT',
    duration({ default: 120_000, description: 'Time after which a batch request without an answer is sent again' }),
  ],
  validationSamples: [
    'SULCUS_VALIDATION_SAMPLES',
    integer({
      default: 2000,
      min: 1,
      description: 'Most samples of a validation; of more, as many of each class, chosen by a keyed hash',
    }),
  ],
  gateSamples: [
    'SULCUS_GATE_SAMPLES',
    integer({
      default: 1000,
      min: 1,
      description: 'Most samples that promotion is judged on; of more, as many of each class, chosen by a keyed hash',
    }),
  ],
  gateMinSamples: [
    'SULCUS_GATE_MIN_SAMPLES',
    integer({
      default: DEFAULT_GATE_POLICY.minimumSamples,
      min: 1,
      description: 'Fewer samples than this decide no promotion, but where there is no champion yet',
    }),
  ],
  streamPauseMs: [
    'SULCUS_STREAM_PAUSE',
    duration({
      default: 10_000,
      description:
        'Time without a new image after which a stream counts as quiet: learning begins with fewer first samples, ' +
        'and fewer than a step takes are learned',
    }),
  ],
  newClassSamples: [
    'SULCUS_NEW_CLASS_SAMPLES',
    integer({
      default: 50,
      min: 0,
      description:
        'In stream mode: images with a label outside the class list from which the network learns that class; 0: never',
    }),
  ],
  freezeOnAlarm: [
    'SULCUS_FREEZE_ON_ALARM',
    flag({
      default: false,
      description: 'In stream mode: an alarm (drift, calibration) freezes the champion until sulcus thaw',
    }),
  ],
  promotion: [
    'SULCUS_PROMOTION',
    choice(['auto', 'manual'], {
      default: 'auto',
      description:
        'auto: a better version becomes champion; manual: it becomes candidate, and people promote (sulcus promote)',
    }),
  ],
  keepDeclined: [
    'SULCUS_KEEP_DECLINED',
    flag({
      default: false,
      description: 'Keep the weights of declined versions too (sulcus up --once does, and chooses at the end)',
    }),
  ],
  keepVersions: [
    'SULCUS_KEEP_VERSIONS',
    integer({
      default: 20,
      min: 1,
      description:
        'Newest model versions of the run that are kept, and as many of the cards that declined ones leave; ' +
        'champion, candidate and their predecessors always are',
    }),
  ],
  ...engineEnvironment,
  ...devicesEnvironment,
  engineThreads: [
    'SULCUS_ENGINE_THREADS',
    optional(integer({ min: 1, description: 'Threads of the engine; default: one per core' })),
  ],
} as const;

export type TrainerConfig = Parsed<typeof environment>;

export const readConfig = (env: NodeJS.ProcessEnv = process.env): TrainerConfig => parseEnvironment(environment, env);
