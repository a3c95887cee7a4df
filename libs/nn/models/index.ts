/** The zoo: importing this registers every family. */
import './baseline-cnn.js';
import './resnet.js';

export { getModel, listModels, registerModel, type ModelDefinition } from './registry.js';
