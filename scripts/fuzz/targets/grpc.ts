import { createHash } from 'node:crypto';
import type { MethodDefinition } from '@grpc/proto-loader';
import { gzipSync } from 'node:zlib';
import { GrpcStatus } from '#libs/errors';
import { detectFormat } from '#libs/imaging';
import { contracts, type ServiceName } from '#libs/rpc';
import type { Random } from '#libs/random';
import { imageCorpus } from '../corpus/images.js';
import { fixtures } from '../corpus/fixtures.js';
import { mutateBytes } from '../mutate/bytes.js';
import { choose, few } from '../mutate/choose.js';
import { randomMessage, type Pool } from '../mutate/message.js';
import { mutateWire } from '../mutate/wire.js';
import { sharedStack, SIZE_PX, type FuzzStack } from '../stack.js';
import type { Subject, Target } from '../target.js';
import { framed, RawCalls } from './calls.js';

const TEXTS = [
  ...['main', 'main-000001', 'champion', 'image', 'UINT8', 'BYTES', 'FP32', 'probabilities', 'label', 'glioma'],
  ...['', 'study-1', 'p1', 'a.png', '1', 'a1'.repeat(32), 'gzip', 'overlay', 'grad-cam', 'priority', 'timeout'],
  ...['triton_final_response', 'classification', 'binary_data'],
];

/** Of messages that hold together; the others are changed. */
const SOUND = 0.3;
const MAX_MESSAGES = 4;

/** Requests that are answered, of methods for which what is drawn at random seldom holds together. */
const ANSWERED: Readonly<Record<string, (pool: Pool) => object[]>> = {
  Predict: ({ bytes }) => bytes.map((image) => ({ image })),
  PredictStream: ({ bytes }) => bytes.map((image) => ({ image, requestId: 'a' })),
  PredictStudy: ({ bytes }) => bytes.map((image) => ({ slice: { image, sliceId: 'a' }, part: 'slice' })),
  Annotate: () => [
    { annotations: [{ sampleId: 'a1'.repeat(32), label: 'glioma', labelSource: 'a reader', target: 'sampleId' }] },
    { annotations: [{ studyId: 'study-1', label: 'notumor', labelSource: 'a reader', target: 'studyId' }] },
  ],
  UploadImages: ({ bytes }) => uploadRequests(bytes),
  UploadImagesAcked: ({ bytes }) => uploadRequests(bytes),
  ForwardScans: ({ bytes }) => bytes.map(forwardedScan),
  ModelInfer: ({ bytes }) => inferRequests(bytes),
  ModelStreamInfer: ({ bytes }) => inferRequests(bytes),
};

const uploadRequests = (images: readonly Buffer[]): object[] =>
  images.map((image) => ({ image, label: 'glioma', name: 'a.png', patientId: 'p1' }));

const forwardedScan = (image: Buffer): object => ({
  scan: {
    ...{ sampleId: createHash('sha256').update(image).digest('hex'), site: 'north', split: 'SPLIT_TRAIN' },
    ...{ label: 'glioma', format: detectFormat(image) ?? 'dicom', width: 32, height: 32, channels: 1 },
    image: { inline: image },
  },
  perceptualHash: Buffer.alloc(256),
});

const inferRequests = (images: readonly Buffer[]): object[] => [
  {
    modelName: 'main',
    inputs: [{ name: 'image', datatype: 'UINT8', shape: [1, SIZE_PX, SIZE_PX, 1] }],
    rawInputContents: [Buffer.alloc(SIZE_PX * SIZE_PX, 9)],
  },
  {
    modelName: 'main',
    inputs: [{ name: 'image', datatype: 'BYTES', shape: [1], contents: { bytesContents: images.slice(0, 1) } }],
  },
];

async function pool(): Promise<Pool> {
  const images = await imageCorpus();
  const dicom = (await fixtures('cases/other', '.dcm')).slice(0, 1);
  const pixels = Buffer.alloc(SIZE_PX * SIZE_PX, 7);
  return { texts: TEXTS, bytes: [images.png[0]!, images.jpeg[0]!, images.webp[0]!, images.tiff[0]!, ...dicom, pixels] };
}

/** The messages of one call, as they travel. */
function someBody(
  random: Random,
  { requestType, requestStream }: MethodDefinition<object, object>,
  answered: readonly Buffer[],
  from: Pool,
): Buffer {
  const count = requestStream ? few(random, MAX_MESSAGES) : random.chance(0.97) ? 1 : random.integer(0, 2);
  const messages = Array.from({ length: count }, () => {
    const isKnown = answered.length > 0 && random.chance(0.5);
    const message = isKnown ? choose(random, answered) : randomMessage(random, requestType.type, from);
    return random.chance(SOUND) ? message : mutateWire(random, message);
  });
  const travelling = messages.map((message) =>
    random.chance(0.1) ? framed(gzipSync(message), true) : framed(message, random.chance(0.02)),
  );
  const body = Buffer.concat(travelling);
  return random.chance(0.05) ? mutateBytes(random, body) : body;
}

/** Codes that stand for what nobody foresaw. */
const UNFORESEEN: ReadonlySet<number> = new Set([GrpcStatus.INTERNAL, GrpcStatus.UNKNOWN]);

const NAMES = new Map(Object.entries(GrpcStatus).map(([name, code]) => [code as number, name]));

const addressOf = ({ ingest, predictor }: FuzzStack, service: ServiceName): string =>
  service === 'Ingest' ? ingest.address : predictor.address;

/** The bodies of one rpc, sent to the service itself. */
const rpcTarget = (service: ServiceName, name: string, definition: MethodDefinition<object, object>): Target => ({
  name: `rpc-${name}`,
  share: /Infer|Predict|Upload|Annotate/.test(name) ? 4 : 1,
  kind: 'services',
  maker: async () => {
    const from = await pool();
    const answered = (ANSWERED[name]?.(from) ?? []).map((request) => definition.requestSerialize(request));
    return (random) => someBody(random, definition, answered, from);
  },
  open: () => openRpc(service, definition.path),
});

async function openRpc(service: ServiceName, path: string): Promise<Subject> {
  const { stack, release } = await sharedStack();
  const calls = new RawCalls(addressOf(stack, service));
  return {
    run: async (input) => {
      const { status, message } = await calls.call(path, input, { 'grpc-encoding': 'gzip' });
      if (status === undefined) throw new Error(`The call ended without a status: ${message}`);
      const isOurs = /^[A-Z_]+: /.test(message);
      if (UNFORESEEN.has(status) && isOurs) throw new Error(`${NAMES.get(status)}: ${message}`);
      return status === 0 ? 'accepted' : `${NAMES.get(status)}${isOurs ? '' : ' by grpc-js'}`;
    },
    [Symbol.asyncDispose]: async () => {
      calls[Symbol.dispose]();
      await release();
    },
  };
}

/** Every method of ingest and predictor. */
export const grpcTargets: readonly Target[] = (Object.keys(contracts) as ServiceName[]).flatMap((service) =>
  Object.entries(contracts[service].definition).map(([name, definition]) => rpcTarget(service, name, definition)),
);
