import { dataOf, freezeForInference, type Engine, type LoadedProgram, type Program } from '#libs/engine';
import type { NetworkConfig } from '../network-config.js';
import { buildInferenceProgram } from '../programs/inference-program.js';
import type { NetworkProgram } from '../programs/network-program.js';
import { assertStateFits, type NetworkState } from '../state/network-state.js';
import { pixelFeed } from './batch.js';

/**
 * A network that predicts on an engine. Its weights are constants of the program, so that batch norms become part of the
 * convolutions and those are fused with what follows: results are those of the network up to rounding.
 */
export class InferenceSession {
  private constructor(
    readonly config: NetworkConfig,
    private readonly engine: Engine,
    private readonly network: NetworkProgram,
    private program: LoadedProgram,
  ) {}

  /**
   * Loads the network and its weights.
   * @throws MODEL_INVALID when the weights do not fit the network, INVALID_ARGUMENT and NOT_FOUND as `buildInferenceProgram`
   */
  static async create(engine: Engine, config: NetworkConfig, weights: NetworkState): Promise<InferenceSession> {
    const network = buildInferenceProgram(config);
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
