import { dispatch } from '../../shared/dispatch.js';

/** `sulcus weights import|picture|export`. */
export const main = (argv: readonly string[]): Promise<void> =>
  dispatch(
    { name: 'sulcus weights', description: 'Weights of networks: from files, to pictures, to files.', groups },
    argv,
  );

const groups = {
  Commands: {
    import: {
      operand: '<file>',
      description: "read pretrained weights: safetensors with names of torchvision or timm, or Keras's .h5",
      load: () => import('./import-weights.js'),
    },
    picture: {
      operand: '<file|version>',
      description: 'draw the weights of every layer as PNG files',
      load: () => import('./picture-weights.js'),
    },
    export: {
      operand: '<version>',
      description: "write a published version: safetensors with torchvision's names, or a SavedModel",
      load: () => import('./export-weights.js'),
    },
  },
};
