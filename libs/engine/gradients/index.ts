export { differentiableOps, gradients } from './reverse.js';
