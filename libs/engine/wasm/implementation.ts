import { lowerProgram } from '#libs/graph';
import { SulcusError } from '#libs/errors';
import type { EngineImplementation } from '../protocol/engine-kind.js';

/** Types that exist on the TensorFlow engine only. */
const UNKNOWN_TYPES = new Set(['bfloat16', 'int16']);

/** The portable engine: interprets the plain ops of a graph, none of a device's own, in float32. */
export const wasm: EngineImplementation = {
  title: 'The portable engine',
  main: new URL('./main', import.meta.url),

  environment: () => ({ defaults: {}, overrides: {} }),

  lower(program) {
    if (!('graph' in program))
      throw new SulcusError(
        'INVALID_ARGUMENT',
        'A serialised program runs on the TensorFlow engine only: load the program itself',
      );
    const unknown = program.graph.nodes.find(({ outputs }) => outputs.some(({ dtype }) => UNKNOWN_TYPES.has(dtype)));
    if (unknown) {
      const what = `"${unknown.name}" is ${unknown.outputs[0]!.dtype}`;
      throw new SulcusError(
        'INVALID_ARGUMENT',
        `The portable engine computes in float32 only and ${what}: take the precision auto or float32`,
      );
    }
    const { nodes, ...rest } = lowerProgram(program);
    return { graph: { nodes }, ...rest };
  },
};
