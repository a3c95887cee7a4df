/**
 * Runs the SavedModel of a folder as a program that knows only its signature would: arguments are the TensorFlow
 * binding's file, the folder and the images' shape, the pixels come by stdin, the probabilities go to stdout as JSON.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

interface TensorInfo {
  getName(): string;
  getDtype(): number;
  getTensorShape(): { getDimList(): { getSize(): number }[] };
}
type Entries = { forEach(visit: (info: TensorInfo, name: string) => void): void };
interface SignatureDef {
  getInputsMap(): Entries;
  getOutputsMap(): Entries;
  getMethodName(): string;
}
interface SavedModelMessage {
  getMetaGraphsList(): { getSignatureDefMap(): { get(name: string): SignatureDef } }[];
}

const [bindingFile, folder, shape] = process.argv.slice(2) as [string, string, string];

const require = createRequire(import.meta.url);
const { SavedModel } = require('@tensorflow/tfjs-node-gpu/dist/proto/api_pb') as {
  SavedModel: { deserializeBinary(bytes: Uint8Array): SavedModelMessage };
};
const binding = require(bindingFile) as {
  createTensor(shape: number[], dtype: number, data: Uint8Array): number;
  loadSavedModel(folder: string, tags: string): number;
  runSavedModel(id: number, inputs: number[], inputNames: string, outputNames: string): { id: number }[];
  tensorDataSync(id: number): Float32Array;
};

const signature = SavedModel.deserializeBinary(readFileSync(path.join(folder, 'saved_model.pb')))
  .getMetaGraphsList()[0]!
  .getSignatureDefMap()
  .get('serving_default');
const described = (entries: Entries): Record<string, { name: string; dtype: number; shape: number[] }> => {
  const result: Record<string, { name: string; dtype: number; shape: number[] }> = {};
  entries.forEach(
    (info, name) =>
      (result[name] = {
        name: info.getName(),
        dtype: info.getDtype(),
        shape: info
          .getTensorShape()
          .getDimList()
          .map((dimension) => dimension.getSize()),
      }),
  );
  return result;
};
const [inputs, outputs] = [described(signature.getInputsMap()), described(signature.getOutputsMap())];
const pixels = inputs['pixels']!;
const tensor = binding.createTensor(JSON.parse(shape) as number[], pixels.dtype, readFileSync(0));
const [fetched] = binding.runSavedModel(
  binding.loadSavedModel(folder, 'serve'),
  [tensor],
  pixels.name,
  outputs['probabilities']!.name,
);
console.log(
  JSON.stringify({
    method: signature.getMethodName(),
    inputs,
    outputs,
    probabilities: [...binding.tensorDataSync(fetched!.id)],
  }),
);
