/**
 * The engine process where there is no TensorFlow: the same graphs, interpreted in WebAssembly. Started by
 * `startEngine`, spoken to over IPC.
 */
import { serveEngine } from '../protocol/serve.js';
import { WasmSession } from './session.js';

await serveEngine(() => WasmSession.open());
