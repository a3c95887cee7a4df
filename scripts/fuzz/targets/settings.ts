import type { EnvironmentSpec } from '#libs/config';
import { recipes } from '#libs/nn';
import type { Random } from '#libs/random';
import { AccessPolicy } from '#libs/access';
import * as archiver from '#services/archiver';
import * as ingest from '#services/ingest';
import * as predictor from '#services/predictor';
import * as preprocess from '#services/preprocess';
import * as trainer from '#services/trainer';
import { readRecipeFile } from '../../../services/trainer/recipe/recipe-file.js';
import { choose, few } from '../mutate/choose.js';
import { mutateJson } from '../mutate/json.js';
import { mutateText } from '../mutate/text.js';
import { outcomeOf, subject, type Target } from '../target.js';
import { fileTarget } from './file-target.js';

const SERVICES = [ingest, archiver, preprocess, predictor, trainer];

const VALUES = [
  ...['true', 'false', '0', '1', '30s', '500ms', '10m', '64MiB', '1GB', '127.0.0.1:7001', '0.0.0.0:1', '[::1]:2'],
  ...['a', 'a,b', '70/8/12/10', 'cpu:2', 'nats://127.0.0.1:4222', '/dev/null', 'float32', 'MR1@10.0.0.7,*', '*'],
];

/** Names of every variable, and of files that secrets may stand in. */
const NAMES = [
  ...new Set(
    [ingest.environment, archiver.environment, preprocess.environment, predictor.environment].flatMap((spec) =>
      Object.values(spec as EnvironmentSpec).map(([name]) => name),
    ),
  ),
  ...['SULCUS_PSEUDONYM_KEY_FILE', 'SULCUS_RECIPE', 'SULCUS_RUN', 'SULCUS_CLASSES', 'SULCUS_SEED', 'SULCUS_DEVICES'],
];

function someEnvironment(random: Random): Buffer {
  const variables: Record<string, string> = {};
  for (let count = 1 + few(random, 8); count > 0; count--)
    variables[choose(random, NAMES)] = random.chance(0.5)
      ? choose(random, VALUES)
      : mutateText(random, choose(random, VALUES)).replaceAll('\0', '');
  return Buffer.from(JSON.stringify(variables));
}

/** The environment of every service. */
const configuration: Target = {
  name: 'configuration',
  share: 6,
  kind: 'readers',
  maker: async () => someEnvironment,
  open: async () =>
    subject(async (input) => {
      const environment = JSON.parse(input.toString()) as NodeJS.ProcessEnv;
      const outcomes = new Set<string>();
      for (const { readConfig } of SERVICES) outcomes.add(await outcomeOf(() => readConfig(environment)));
      return [...outcomes].sort().join(' or ');
    }),
};

const jsonTarget = (name: string, documents: readonly unknown[], read: (file: string) => unknown): Target =>
  fileTarget({
    name,
    share: 6,
    file: 'document.json',
    maker: async () => (random) => mutateJson(random, choose(random, documents)),
    read,
  });

const POLICY = {
  identities: [
    { uri: 'spiffe://sulcus/site/north', site: 'north', roles: ['upload', 'annotate'] },
    { uri: 'spiffe://sulcus/client/*', roles: ['predict'] },
    { tokenSha256: 'ab'.repeat(32), name: 'viewer', roles: ['predict', 'explain'] },
  ],
};

/** What operators write. */
export const settingsTargets: readonly Target[] = [
  configuration,
  jsonTarget('recipe', [...recipes.values()], (file) => readRecipeFile(file, { allowCode: false })),
  jsonTarget('access-policy', [POLICY], (file) =>
    AccessPolicy.read(file).identify({ uris: ['spiffe://sulcus/client/a', 'spiffe://sulcus'], token: 'a token' }),
  ),
];
