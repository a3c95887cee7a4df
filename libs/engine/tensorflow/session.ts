import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DATA_TYPE, SAVED_MODEL_TAG, type TensorValue } from '#libs/graph';
import type { TensorFlowBinding, TensorHandle } from './binding.js';
import type { EngineInfo } from '../protocol/engine-info.js';
import type { Feed, LoweredGraph } from '../protocol/messages.js';
import type { EngineSession } from '../protocol/serve.js';

/** Runs graphs through the binding. Every call blocks, so it lives in the engine process only. */
export class TensorFlowSession implements EngineSession {
  constructor(
    private readonly binding: TensorFlowBinding,
    readonly info: EngineInfo,
    readonly releaseFreeMemory?: () => void,
  ) {}

  load(graph: LoweredGraph): number {
    if (!('savedModel' in graph)) throw new Error('TensorFlow loads SavedModels only');
    // The library loads from a folder only.
    const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-graph-'));
    try {
      writeFileSync(path.join(folder, 'saved_model.pb'), graph.savedModel);
      return this.binding.loadSavedModel(folder, SAVED_MODEL_TAG);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Frees every handle, also when it fails. */
  run(
    model: number,
    feeds: readonly Feed[],
    fetches: readonly string[],
    onFetched: (index: number, value: TensorValue) => void,
  ): void {
    const inputs: number[] = [];
    let outputs: TensorHandle[] = [];
    try {
      for (const feed of feeds) inputs.push(this.binding.createTensor(feed.shape, DATA_TYPE.string, feed.strings));
      outputs = this.binding.runSavedModel(model, inputs, feeds.map((feed) => feed.tensor).join(), fetches.join());
      outputs.forEach((handle, index) => onFetched(index, this.#read(handle)));
    } finally {
      for (const id of inputs) this.binding.deleteTensor(id);
      for (const { id } of outputs) this.binding.deleteTensor(id);
    }
  }

  unload(model: number): void {
    this.binding.deleteSavedModel(model);
  }

  #read({ id, shape, dtype }: TensorHandle): TensorValue {
    const data = this.binding.tensorDataSync(id);
    switch (dtype) {
      case DATA_TYPE.float32:
        return { dtype: 'float32', shape, data: data as Float32Array };
      case DATA_TYPE.int32:
        return { dtype: 'int32', shape, data: data as Int32Array };
      case DATA_TYPE.int64:
        return { dtype: 'int64', shape, data: data as BigInt64Array };
      case DATA_TYPE.bool:
        return { dtype: 'bool', shape, data: data as Uint8Array };
      case DATA_TYPE.string:
        return { dtype: 'string', shape, data: data as Uint8Array[] };
      default:
        throw new Error(`a value of TensorFlow's data type ${dtype} cannot be read`);
    }
  }
}
