import { dataOf, type Engine, type LoadedProgram } from '#libs/engine';
import type { NetworkConfig } from '../network-config.js';
import { buildInferenceProgram } from '../programs/inference-program.js';
import type { NetworkProgram } from '../programs/network-program.js';
import type { NetworkState } from '../state/network-state.js';
import { pixelFeed } from './batch.js';
import { writeState } from './state-transfer.js';

/** A network that predicts on an engine. */
export class InferenceSession {
  private constructor(
    readonly config: NetworkConfig,
    private readonly network: NetworkProgram,
    private readonly program: LoadedProgram,
  ) {}

  /**
   * Loads the network and its weights.
   * @throws MODEL_INVALID when the weights do not fit the network, INVALID_ARGUMENT and NOT_FOUND as `buildInferenceProgram`
   */
  static async create(engine: Engine, config: NetworkConfig, weights: NetworkState): Promise<InferenceSession> {
    const network = buildInferenceProgram(config);
    const program = await engine.load(network.program);
    const session = new InferenceSession(config, network, program);
    try {
      await session.writeWeights(weights);
      return session;
    } catch (error) {
      await program.unload();
      throw error;
    }
  }

  /** Replaces the weights, for example by a newer version's. Throws MODEL_INVALID when they do not fit. */
  async writeWeights(weights: NetworkState): Promise<void> {
    await writeState(this.program, 'writeWeights', this.network.parameters, weights, 'The weights');
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
