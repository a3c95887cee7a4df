import {
  backend as currentBackend,
  env,
  getKernel,
  setBackend,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { version_wasm, type BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { sizeOf, type HeapType, type HeapValue, type HeapView, type Value } from './value.js';

/** The backend that computes, as {@link Heap.open} found it. */
export interface BackendInfo {
  readonly library: string;
  readonly version: string;
}

/**
 * The WebAssembly heap of tfjs and its kernels, without the layer of tensors above them: values are freed by hand, as
 * soon as nobody needs them. Everything blocks, so it lives in the engine process only.
 */
export class Heap {
  #temporaries: HeapValue[] = [];

  private constructor(
    private readonly backend: BackendWasm,
    readonly info: BackendInfo,
  ) {}

  /** Loads the WebAssembly binary that comes with the package. */
  static async open(): Promise<Heap> {
    // Its greeting would go to the standard output.
    env().set('IS_TEST', true);
    if (!(await setBackend('wasm'))) throw new Error('the WebAssembly backend of tfjs does not start');
    const backend = currentBackend() as BackendWasm;
    refuseNull(backend.wasm);
    return new Heap(backend, { library: 'tfjs-wasm', version: version_wasm });
  }

  /** Number of tensors on the heap. */
  get liveTensors(): number {
    return this.backend.numDataIds();
  }

  /** Room for a tensor; its elements are whatever was there. */
  allocate(shape: readonly number[], dtype: HeapType = 'float32'): HeapValue {
    return this.#track(this.backend.makeOutput([...shape], dtype));
  }

  /** A tensor with the given elements. */
  write(data: HeapView, shape: readonly number[], dtype: HeapType): HeapValue {
    const value = this.allocate(shape, dtype);
    this.view(value).set(data);
    return value;
  }

  /** The elements, in place: valid until the next allocation. */
  view(value: HeapValue): HeapView {
    return this.backend.typedArrayFromHeap(value);
  }

  /** The elements of a float32 value, in place: valid until the next allocation. */
  floats(value: HeapValue): Float32Array {
    if (value.dtype !== 'float32') throw new Error(`expected float32, got ${value.dtype}`);
    return this.view(value) as Float32Array;
  }

  /** Runs one of tfjs's WebAssembly kernels. */
  run(
    kernel: string,
    inputs: Readonly<Record<string, HeapValue>> | readonly HeapValue[],
    attrs: Readonly<Record<string, unknown>> = {},
  ): HeapValue {
    const config = getKernel(kernel, 'wasm');
    if (!config) throw new Error(`tfjs has no WebAssembly kernel ${kernel}`);
    const output = config.kernelFunc({
      inputs: inputs as unknown as NamedTensorInfoMap,
      attrs: attrs as NamedAttrMap,
      backend: this.backend,
    }) as TensorInfo;
    return this.#track(output);
  }

  /** The same elements as another value, perhaps in another shape. */
  share(value: HeapValue, shape: readonly number[] = value.shape): HeapValue {
    if (sizeOf({ shape }) !== sizeOf(value))
      throw new Error(`${sizeOf(value)} elements do not fit the shape [${shape.join(',')}]`);
    this.backend.incRef(value.dataId);
    return this.#track({ dataId: value.dataId, shape: [...shape], dtype: value.dtype });
  }

  /** A share that {@link keepOnly} does not free: for values that outlive the work they were made in. */
  retain(value: HeapValue): HeapValue {
    this.backend.incRef(value.dataId);
    return { ...value };
  }

  free(value: Value): void {
    if (value.place === 'heap') this.backend.disposeData(value.dataId);
  }

  /** Runs `work` and frees everything it allocated except what it returns; all of it when it fails. */
  keepOnly<T extends readonly Value[]>(work: () => T): T {
    const outer = this.#temporaries;
    this.#temporaries = [];
    let kept: T | undefined;
    try {
      kept = work();
      return kept;
    } finally {
      for (const value of this.#temporaries) if (!kept?.includes(value)) this.free(value);
      this.#temporaries = outer;
    }
  }

  #track({ dataId, shape, dtype }: TensorInfo): HeapValue {
    const value: HeapValue = { place: 'heap', dataId, shape, dtype: dtype as HeapType };
    this.#temporaries.push(value);
    return value;
  }
}

/** The allocator of the WebAssembly module, which its types leave out. */
interface Allocator {
  _malloc: (bytes: number) => number;
  _free: (address: number) => void;
}

/** All that WebAssembly can address. */
const MEMORY_BYTES = 2 ** 32;

/** Makes running out of memory an error: the backend would write to address 0. */
function refuseNull(allocator: Allocator): void {
  // The module puts another function in this one's place at the first call.
  allocator._free(allocator._malloc(1));
  const allocate = allocator._malloc;
  allocator._malloc = (bytes) => {
    // Sizes are 32 bits wide: a larger one would wrap around and be granted.
    const address = bytes < MEMORY_BYTES ? allocate(bytes) : 0;
    if (address === 0 && bytes > 0)
      throw new Error(
        `out of memory: WebAssembly has no ${bytes} bytes left. ` +
          'Take smaller batches or images, or the TensorFlow engine',
      );
    return address;
  };
}
