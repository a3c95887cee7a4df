import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type * as Codecs from 'dcmjs-codecs';

/** The package is CommonJS whose names are not found by Node: they come with its default export. */
const require = createRequire(import.meta.url);

let loading: Promise<typeof Codecs> | undefined;

/**
 * The decoders (libijg, CharLS, OpenJPEG, OpenJPH in WebAssembly), loaded when the first compressed image comes: some
 * 70 ms and 12 MB for each thread.
 */
export function nativeCodecs(): Promise<typeof Codecs> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

/** What a decoder leaves behind when it fails is not known: the next image starts with a new one. */
export function dropNativeCodecs(): void {
  loading = undefined;
}

async function load(): Promise<typeof Codecs> {
  const module = (await import('dcmjs-codecs')) as unknown as { default: typeof Codecs };
  const codecs = module.default;
  const wasm = path.join(path.dirname(require.resolve('dcmjs-codecs')), 'dcmjs-native-codecs.wasm');
  await readFile(wasm); // says by its own error when the package is not whole
  await codecs.NativeCodecs.initializeAsync({ webAssemblyModulePathOrUrl: wasm, logCodecsInfo: false });
  return codecs;
}
