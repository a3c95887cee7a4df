import { attr, type DType, type OpEmitter, type Shape, type Tensor, type TensorSpec } from './types.js';

/** State of a graph: a named tensor that ops read and update in place. */
export class Variable {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly #reads = new Map<string, Tensor>();

  /** Made by `Graph.variable`. */
  constructor(
    private readonly graph: OpEmitter,
    readonly name: string,
    readonly handle: Tensor,
    spec: TensorSpec,
  ) {
    this.dtype = spec.dtype;
    this.shape = spec.shape;
  }

  /**
   * The variable's value. Asked for twice it is the same tensor, so that gradients with respect to it are found; inside
   * `graph.withControlInputs` it is read anew, after those operations.
   */
  read(): Tensor {
    const section = this.graph.controlInputs.join();
    let value = this.#reads.get(section);
    if (!value) {
      value = this.graph.op('ReadVariableOp', [this.handle], { dtype: attr.type(this.dtype) }, [this], {
        name: 'read',
      })[0]!;
      this.#reads.set(section, value);
    }
    return value;
  }
}
