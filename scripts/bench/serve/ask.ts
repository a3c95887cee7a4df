import type { ClientSecurity } from '#libs/access';
import { encodeImage, renderPhantom, withChannels } from '#libs/imaging';
import { createRandom } from '#libs/random';
import { createClient, type ClientConfig } from '#libs/rpc';
import type { Ask } from './load.js';
import type { ServeBenchOptions } from './options.js';
import { MODEL_NAME } from './stack.js';

/** Different images, so that nothing on the way can answer from memory. */
const IMAGES = 16;
/** As the brain tumour data set has them: 512 px, about 28 kB. */
const JPEG_SIZE_PX = 512;
const JPEG_QUALITY = 65;

export interface Asker extends Disposable {
  readonly ask: Ask;
}

/** A client that asks about one image after the other, over one connection. */
export async function createAsker(
  address: string,
  options: ServeBenchOptions,
  security?: ClientSecurity,
): Promise<Asker> {
  const config = security ? { security } : {};
  return options.input === 'jpeg' ? await jpegAsker(address, config) : pixelAsker(address, options.size, config);
}

async function jpegAsker(address: string, config: ClientConfig): Promise<Asker> {
  const client = createClient('Predictor', address, config);
  const images = await Promise.all(
    Array.from({ length: IMAGES }, (_, patient) =>
      encodeImage(withChannels(renderPhantom({ class: 'glioma', seed: 1, size: JPEG_SIZE_PX, patient }), 3), 'jpeg', {
        quality: JPEG_QUALITY,
      }),
    ),
  );
  const next = inTurn(images);
  return {
    ask: async () => (await client.predict({ image: next(), name: '' })).modelVersion,
    [Symbol.dispose]: () => client.close(),
  };
}

function pixelAsker(address: string, size: number, config: ClientConfig): Asker {
  const client = createClient('Inference', address, config);
  const random = createRandom('pixels');
  const next = inTurn(
    Array.from({ length: IMAGES }, () =>
      Buffer.from(Uint8Array.from({ length: size * size * 3 }, () => random.integer(0, 255))),
    ),
  );
  const ask = async (): Promise<string> =>
    (
      await client.modelInfer({
        modelName: MODEL_NAME,
        inputs: [{ name: 'image', datatype: 'UINT8', shape: [1, size, size, 3] }],
        rawInputContents: [next()],
      })
    ).modelVersion;
  return { ask, [Symbol.dispose]: () => client.close() };
}

function inTurn<T>(values: readonly T[]): () => T {
  let taken = 0;
  return () => values[taken++ % values.length]!;
}
