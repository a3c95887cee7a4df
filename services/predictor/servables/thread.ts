/**
 * Entry of a model thread: fetches one version, loads it into an engine process of its own, warms and checks it, and
 * then stands between that process and the thread that serves gRPC. Hundreds of megabytes of weights are hashed,
 * decoded and sent to the engine here, where nobody waits for an answer.
 */
import { connectBus } from '#libs/bus';
import { describeEngine, startEngine, type Engine } from '#libs/engine';
import type { HeatMap } from '#libs/imaging';
import {
  decodeSafetensors,
  InferenceSession,
  resolvePrecision,
  type ExplanationMethod,
  type NetworkConfig,
  type NetworkState,
  type Precision,
} from '#libs/nn';
import { Registry, type ModelCard } from '#libs/registry';
import { serveThread, setProcessNiceness, setThreadNiceness } from '#libs/threads';
import type { EngineFacts } from './engine-facts.js';
import { warmUpAndCheck } from './self-check.js';

/** What a version is loaded with. */
export interface LoadParameters {
  network: Omit<NetworkConfig, 'precision'>;
  /** 'auto': as the processor does best. */
  precision: 'auto' | Precision;
  /** Batch sizes to warm up with. */
  batchSizes: readonly number[];
  /** Nice value of this thread and of the engine's process once they are ready to serve; undefined: as they are. */
  servingNiceness: number | undefined;
}

/** What in an image speaks for a class, in cells of the network's last feature map. */
export interface ClassHeatMap {
  heatMap: HeatMap;
  method: ExplanationMethod;
}

let weights: NetworkState | undefined;
let starting: Promise<Engine> | undefined;
let engine: Engine | undefined;
let session: InferenceSession | undefined;

const methods = {
  /** Fetches and verifies the weights. @throws MODEL_INVALID, bus errors */
  fetch: async ({ natsUrl, card }: { natsUrl: string; card: ModelCard }): Promise<void> => {
    await using bus = await connectBus({ servers: natsUrl, name: `predictor-load-${card.version}` });
    weights = decodeSafetensors(await new Registry(bus).loadWeights(card)).state;
  },

  /** Starts the engine. @returns its process id */
  start: async (options: { threads?: number; label: string }): Promise<number | undefined> => {
    starting = startEngine(options);
    engine = await starting;
    return engine.pid;
  },

  /**
   * Gives the weights to the engine, warms it up and checks it.
   *
   * @throws MODEL_INVALID for a version that must not serve; engine errors
   */
  load: async ({ network, precision, batchSizes, servingNiceness }: LoadParameters): Promise<EngineFacts> => {
    const { info } = engine!;
    const resolved = resolvePrecision(precision, info, network.architecture);
    session = await InferenceSession.create(engine!, { ...network, precision: resolved }, weights!, {
      explanations: true,
    });
    weights = undefined; // the engine has them: no second copy is kept
    const { height, width, channels } = network.input;
    await warmUpAndCheck(session, height * width * channels, network.classes, batchSizes);
    if (servingNiceness !== undefined) becomeUrgent(servingNiceness);
    return {
      precision: resolved,
      description: describeEngine(info),
      library: `${info.library} ${info.version}`,
      device: info.devices[0] ?? '',
    };
  },

  /** `[count, height, width, channels]` uint8 → `[count, classes]` probabilities. */
  predict: ({ pixels, count }: { pixels: Uint8Array; count: number }): Promise<Float32Array> =>
    session!.predict(pixels, count),

  /** `[1, height, width, channels]` uint8 and a class index → what in the image speaks for the class. */
  explain: async ({ pixels, classIndex }: { pixels: Uint8Array; classIndex: number }): Promise<ClassHeatMap> => {
    const { method, width, height, grid } = session!.explanation!;
    return {
      method,
      heatMap: { width, height, grid, data: await session!.explain(pixels, Int32Array.of(classIndex), 1) },
    };
  },

  /** Answers when the engine's process ends other than by closing this thread: with what is known of its end. */
  engineEnded: (): Promise<string> => new Promise((resolve) => engine!.onExit((error) => resolve(error.rawMessage))),
};

/** A version whose engine stays less urgent than the rest serves all the same. */
function becomeUrgent(niceness: number): void {
  try {
    if (engine!.pid !== undefined) setProcessNiceness(engine!.pid, niceness);
    setThreadNiceness(niceness);
  } catch (error) {
    process.emitWarning(`The engine stays less urgent than the predictor: ${(error as Error).message}`);
  }
}

export type ModelThreadMethods = typeof methods;

serveThread(methods, async () => {
  // An engine that is still starting must not be left behind.
  const started = await starting?.catch(() => undefined);
  await started?.close();
});
