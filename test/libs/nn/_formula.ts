/** Weights and images of the fixtures: those of the self-check. */
export {
  formulaConfig,
  formulaLabels,
  formulaPixels,
  formulaState,
  repeated,
  uniform,
} from '../../../libs/nn/self-check/formula.js';
