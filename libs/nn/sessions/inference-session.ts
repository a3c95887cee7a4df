import { type Engine, type LoadedProgram } from '#libs/engine';
import { dataOf, freezeForInference, type Program } from '#libs/graph';
import { SulcusError } from '#libs/errors';
import type { NetworkConfig } from '../network-config.js';
import type { ExplanationInfo } from '../explanations/class-activation.js';
import { buildInferenceProgram, type InferenceOptions, type InferenceProgram } from '../programs/inference-program.js';
import type { NetworkProgram } from '../programs/network-program.js';
import { assertStateFits, type NetworkState } from '../state/network-state.js';
import { labelFeed, pixelFeed } from './batch.js';

/**
 * A network that predicts on an engine. Its weights are constants of the program, so that batch norms become part of
 * the convolutions and those are fused with what follows: results are those of the network up to rounding.
 */
export class InferenceSession {
  private constructor(
    readonly config: NetworkConfig,
    private readonly engine: Engine,
    private readonly network: InferenceProgram,
    private program: LoadedProgram,
  ) {}

  /**
   * Loads the network and its weights.
   * @throws MODEL_INVALID when the weights do not fit the network, INVALID_ARGUMENT and NOT_FOUND as
   * `buildInferenceProgram`
   */
  static async create(
    engine: Engine,
    config: NetworkConfig,
    weights: NetworkState,
    options: InferenceOptions = {},
  ): Promise<InferenceSession> {
    const network = buildInferenceProgram(config, options);
    return new InferenceSession(config, engine, network, await engine.load(frozen(network, weights)));
  }

  /**
   * Replaces the weights, for example by a newer version's. Predictions asked for before it has answered are made with
   * the old ones. Throws MODEL_INVALID when they do not fit.
   */
  async writeWeights(weights: NetworkState): Promise<void> {
    const replaced = this.program;
    this.program = await this.engine.load(frozen(this.network, weights));
    await replaced.unload();
  }

  /**
   * Class probabilities of images.
   * @param pixels [count, height, width, channels], row-major, 0-255; not to be written to until the call has answered
   * @param count number of images, at least 1; may differ from call to call
   * @returns [count, classes], row-major; each row sums to 1
   * @throws INVALID_ARGUMENT when the pixels are not `count` images of the network's size
   */
  async predict(pixels: Uint8Array, count: number): Promise<Float32Array> {
    const { probabilities } = await this.program.run('predict', { pixels: pixelFeed(this.config, pixels, count) });
    return dataOf(probabilities, 'float32');
  }

  /** What {@link explain} gives; undefined for a session that was made without explanations. */
  get explanation(): ExplanationInfo | undefined {
    return this.network.explanation;
  }

  /**
   * Heat maps of what in the images speaks for a class (positive) and against it (negative), in the unit of logits: see
   * `explanation.method` for what they add up to. The first call takes longer: the engine prepares the graph for it.
   * @param pixels as for {@link predict}
   * @param classes the class to explain, per image
   * @returns [count, height, width] of `explanation`, row-major
   * @throws INVALID_ARGUMENT when the input does not fit, or the session was made without explanations
   */
  async explain(pixels: Uint8Array, classes: Int32Array, count: number): Promise<Float32Array> {
    if (!this.network.explanation)
      throw new SulcusError('INVALID_ARGUMENT', 'This session was made without explanations');
    const { heatMaps } = await this.program.run('explain', {
      pixels: pixelFeed(this.config, pixels, count),
      classes: labelFeed(this.config, classes, count),
    });
    return dataOf(heatMaps, 'float32');
  }

  /** Frees the engine's memory. */
  close(): Promise<void> {
    return this.program.unload();
  }
}

/** @throws MODEL_INVALID when the weights do not fit the network */
function frozen({ program, parameters }: NetworkProgram, weights: NetworkState): Program {
  assertStateFits(weights, parameters, 'The weights');
  return freezeForInference(program, 'writeWeights', weights);
}
