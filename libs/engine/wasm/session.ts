import type { EngineSession } from '../protocol/serve.js';
import type { EngineInfo } from '../protocol/engine-info.js';
import type { Feed, LoweredGraph } from '../protocol/messages.js';
import type { TensorValue } from '#libs/graph';
import { Heap } from './heap.js';
import { Model } from './model.js';
import type { HostValue } from './value.js';

/** Interprets graphs by kernels of tfjs's WebAssembly backend and of our own. Every call blocks. */
export class WasmSession implements EngineSession {
  readonly #models = new Map<number, Model>();
  #nextModel = 1;

  private constructor(readonly heap: Heap) {}

  static async open(): Promise<WasmSession> {
    return new WasmSession(await Heap.open());
  }

  get info(): EngineInfo {
    const { library, version } = this.heap.info;
    return {
      kind: 'portable',
      library,
      version,
      devices: ['CPU:0'],
      shardDevices: ['CPU:0'],
      precision: { bf16: false },
      oneDnn: false,
      customConvolutionTypes: [],
      customBatchNormTypes: [],
      customAllocator: false,
    };
  }

  load(graph: LoweredGraph): number {
    if (!('nodes' in graph))
      throw new Error('a SavedModel runs on the TensorFlow engine only: load the program it was made from');
    this.#models.set(this.#nextModel, new Model(this.heap, graph.nodes));
    return this.#nextModel++;
  }

  run(
    model: number,
    feeds: readonly Feed[],
    fetches: readonly string[],
    onFetched: (index: number, value: TensorValue) => void,
  ): void {
    const fed = feeds.map(({ tensor, shape, strings }): [string, HostValue] => [
      tensor.replace(/:0$/, ''),
      { place: 'host', dtype: 'string', shape, data: strings },
    ]);
    this.#model(model).run(new Map(fed), fetches, onFetched);
  }

  unload(model: number): void {
    this.#model(model).unload();
    this.#models.delete(model);
  }

  #model(id: number): Model {
    const model = this.#models.get(id);
    if (!model) throw new Error(`there is no model ${id}`);
    return model;
  }
}
