import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { EngineInfo } from '#libs/engine';
import { SulcusError } from '#libs/errors';
import { transformHash, validateTransform, type TransformSpec } from '#libs/imaging';
import {
  decodeSafetensors,
  HEADS,
  importWeights,
  resolvePrecision,
  type NetworkConfig,
  type NetworkState,
  type Recipe,
  type SafetensorsMetadata,
} from '#libs/nn';
import { networkOfCard, resolveTransform, transformOfCard } from '#services/trainer';
import { fetchVersion } from '../weights/fetch-version.js';
import { readWeights } from '../weights/read-weights.js';

/** A model to be measured, as its card or its file says. */
export interface Subject {
  /** The version, or the file's path. */
  name: string;
  /** Class names in the order of the outputs. */
  classes: readonly string[];
  network: NetworkConfig;
  transform: { spec: TransformSpec; hash: string };
  /** Temperature that its probabilities are served at. */
  temperature: number;
  weights: NetworkState;
}

export interface SubjectSources {
  natsUrl: string;
  engine: EngineInfo;
  /** How a file is to be asked that does not say so itself. */
  recipe: Recipe | undefined;
  /** Class names of the data, sorted: those of a file that names none. */
  dataClasses: readonly string[];
}

/** No version's name holds one of these. */
const ONLY_IN_PATHS = /[/\\.]/;

/**
 * Opens a version of the registry, or a weights file where there is one of that name.
 *
 * @throws NOT_FOUND for a version or file that there is not; MODEL_INVALID for a version without weights, or a file
 *   that does not fit; INVALID_CONFIG for a file that does not say how it is asked, without a recipe
 */
export async function openSubject(name: string, sources: SubjectSources): Promise<Subject> {
  if (existsSync(name)) return openFile(name, sources);
  if (ONLY_IN_PATHS.test(name)) throw new SulcusError('NOT_FOUND', `There is no file ${name}`);
  return openVersion(name, sources);
}

async function openVersion(version: string, { natsUrl, engine }: SubjectSources): Promise<Subject> {
  const { card, weights } = await fetchVersion(version, natsUrl);
  return {
    name: version,
    classes: card.classes,
    network: networkOfCard(card, engine),
    transform: referenceTo(transformOfCard(card)),
    temperature: card.calibration?.temperature ?? 1,
    weights: decodeSafetensors(weights).state,
  };
}

/** What the weights files of the trainer say of themselves. */
const metadataSchema = z.object({
  architecture: z.string(),
  head: z.enum(HEADS).optional(),
  classes: z.string().transform((text) => z.array(z.string()).min(2).parse(JSON.parse(text))),
  transform: z.string().transform((text) => validateTransform(JSON.parse(text))),
  temperature: z.coerce.number().positive(),
  precision: z.enum(['auto', 'float32', 'bfloat16']).default('auto'),
});

type Description = z.infer<typeof metadataSchema>;

async function openFile(file: string, sources: SubjectSources): Promise<Subject> {
  const { engine } = sources;
  const metadata = file.endsWith('.safetensors') ? decodeSafetensors(await readFile(file)).metadata : {};
  const described = metadata['transform'] === undefined ? byRecipe(file, metadata, sources) : byItself(file, metadata);
  const { architecture, head, classes, transform, temperature, precision } = described;
  const network: NetworkConfig = {
    architecture,
    classes: classes.length,
    input: { height: transform.outputHeight, width: transform.outputWidth, channels: transform.channels },
    normalize: transform.normalize,
    precision: resolvePrecision(precision, engine, architecture),
    head,
  };
  const { state } = await readWeights(file, network, 'rgb');
  const { state: weights, report } = importWeights(network, state, 0);
  if (report.drawn.length > 0) {
    const names = report.drawn.map(({ name }) => name).join(', ');
    throw new SulcusError(
      'MODEL_INVALID',
      `${file} cannot answer for ${classes.length} classes (${classes.join(', ')}): it has no such ${names}`,
    );
  }
  return { name: file, classes, network, transform: referenceTo(transform), temperature, weights };
}

function byItself(file: string, metadata: SafetensorsMetadata): Description {
  try {
    return metadataSchema.parse(metadata);
  } catch (error) {
    throw new SulcusError('MODEL_INVALID', `What ${file} says of itself cannot be used: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** @throws INVALID_CONFIG without a recipe */
function byRecipe(
  file: string,
  { architecture, classes }: SafetensorsMetadata,
  { recipe, dataClasses }: SubjectSources,
): Description {
  if (!recipe) {
    throw new SulcusError(
      'INVALID_CONFIG',
      `${file} does not say how its images are prepared: name the recipe it was trained by (--recipe)`,
    );
  }
  return {
    architecture: architecture ?? recipe.architecture,
    head: recipe.head,
    classes: classes === undefined ? [...dataClasses] : (JSON.parse(classes) as string[]),
    transform: resolveTransform(recipe),
    temperature: 1,
    precision: recipe.precision,
  };
}

const referenceTo = (spec: TransformSpec): Subject['transform'] => ({ spec, hash: transformHash(spec) });
