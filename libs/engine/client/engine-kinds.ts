import type { EngineKind } from '../protocol/engine-info.js';
import type { EngineImplementation } from '../protocol/engine-kind.js';
import { tensorflow } from '../tensorflow/implementation.js';
import { wasm } from '../wasm/implementation.js';

/** The engines there are, by the name that SULCUS_ENGINE and logs know them by. */
export const ENGINE_KINDS: Readonly<Record<EngineKind, EngineImplementation>> = { tensorflow, portable: wasm };
