export { differentiableOps, gradients, isGradientNode } from './reverse.js';
