export { backwardPassOf, differentiableOps, gradients } from './reverse.js';
