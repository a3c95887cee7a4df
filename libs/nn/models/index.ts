/** The zoo: importing this registers every family. */
import './baseline-cnn.js';
import './densenet.js';
import './mobilenet-v3.js';
import './resnet.js';
import './vgg.js';

export { getModel, listModels, registerModel, type ModelDefinition } from './registry.js';
