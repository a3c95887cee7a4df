/**
 * The engine process. It alone holds TensorFlow: a crash of the library ends this process and no other, and the
 * blocking calls of the binding block no event loop but this one. Started by `startEngine`, spoken to over IPC.
 */
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { findBinding, loadBinding } from './binding.js';
import type { EngineInfo, Feed, Request, Response } from './protocol.js';
import { Session } from './session.js';

const send = (response: Response): void => void process.send?.(response);

/** What the processor says it can do; empty where nothing is known. */
function cpuFlags(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return ''; // not Linux: float32 by plain ops is always right
  }
}

/** TensorFlow takes oneDNN's kernels by itself on x86 processors with instructions for neural networks (tensorflow/core/util/util.cc, IsMKLEnabled). */
const usesOneDnn = (flags: string): boolean =>
  process.arch === 'x64' && process.env['TF_ENABLE_ONEDNN_OPTS'] !== '0' && /\b(avx512_vnni|avx512_bf16|avx_vnni|amx_tile|amx_int8|amx_bf16)\b/.test(flags);

function describeEngine(session: Session): EngineInfo {
  const gpu = session.binding.isUsingGpuDevice();
  const flags = cpuFlags();
  // Multiplying bfloat16 is in the hardware with AVX512-BF16 or AMX.
  const bf16 = gpu || /\b(avx512_bf16|amx_bf16)\b/.test(flags);
  return { library: 'tensorflow', version: session.binding.TF_Version, devices: gpu ? ['GPU:0', 'CPU:0'] : ['CPU:0'], precision: { bf16 }, oneDnn: !gpu && usesOneDnn(flags) };
}

function serve(session: Session): void {
  const feeds = new Map<number, Feed[]>();
  const handle = (request: Request): void => {
    switch (request.kind) {
      case 'load':
        return send({ kind: 'loaded', id: request.id, model: session.load(request.savedModel) });
      case 'feed':
        feeds.set(request.id, [...(feeds.get(request.id) ?? []), request.feed]);
        return;
      case 'run': {
        const fed = feeds.get(request.id) ?? [];
        feeds.delete(request.id);
        session.run(request.model, fed, request.fetches, (index, value) => send({ kind: 'fetched', id: request.id, index, value }));
        return send({ kind: 'ran', id: request.id });
      }
      case 'unload':
        session.unload(request.model);
        return send({ kind: 'unloaded', id: request.id });
    }
  };
  process.on('message', (request: Request) => {
    try {
      handle(request);
    } catch (error) {
      send({ kind: 'failed', id: request.id, message: error instanceof Error ? error.message : String(error) });
    }
  });
}

// The channel closes when the parent ends, however it ends; a run under way is finished first because it blocks.
process.on('disconnect', () => process.exit(0));
// A terminal's Ctrl-C goes to the whole process group: the parent decides when this process ends.
process.on('SIGINT', () => undefined);

const niceness = Number(process.env['SULCUS_ENGINE_NICENESS'] ?? 0);
if (niceness !== 0) os.setPriority(niceness);
process.title = `sulcus-engine ${process.env['SULCUS_ENGINE_LABEL'] ?? ''}`.trim();
try {
  const session = new Session(loadBinding(findBinding()));
  serve(session);
  send({ kind: 'ready', info: describeEngine(session) });
} catch (error) {
  send({ kind: 'unavailable', message: error instanceof Error ? error.message : String(error) });
}
