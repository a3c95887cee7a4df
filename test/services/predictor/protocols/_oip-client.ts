import {
  credentials,
  loadPackageDefinition,
  type Client,
  type ClientDuplexStream,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import path from 'node:path';
import { root } from '../../../../scripts/setup/paths.mjs';

/**
 * A client of the Open Inference Protocol made of nothing but the proto files, with the field names of the wire. It
 * packs tensors as stock Python clients do: raw contents only, elements of BYTES tensors with their length in front.
 */

const FOLDER = path.join(root, 'proto');

export interface Tensor {
  name: string;
  datatype: string;
  shape: (number | string)[];
  parameters?: object;
  contents?: object;
}

export interface InferRequest {
  model_name: string;
  model_version?: string;
  id?: string;
  parameters?: object;
  inputs: Tensor[];
  outputs?: { name: string; parameters?: object }[];
  raw_input_contents?: Uint8Array[];
}

export interface InferAnswer {
  model_name: string;
  model_version: string;
  id: string;
  parameters: Record<string, Record<string, unknown>>;
  outputs: (Tensor & { contents: object | null })[];
  raw_output_contents: Buffer[];
}

export interface StreamAnswer {
  error_message: string;
  infer_response: InferAnswer | null;
}

export interface OipClient {
  call<Answer = object>(method: string, request?: object): Promise<Answer>;
  infer(request: InferRequest): Promise<InferAnswer>;
  /** Sends all requests, half-closes and collects the answers. */
  stream(requests: readonly InferRequest[]): Promise<StreamAnswer[]>;
  close(): void;
}

/** Connects a client to `host:port`. */
export function connectOip(address: string, channel: object = {}): OipClient {
  const definition = loadSync('inference/v2/grpc_service.proto', {
    keepCase: true,
    enums: String,
    longs: Number,
    defaults: true,
    oneofs: true,
    includeDirs: [FOLDER],
  });
  const { inference } = loadPackageDefinition(definition) as unknown as {
    inference: { GRPCInferenceService: new (...args: unknown[]) => Client };
  };
  const client = new inference.GRPCInferenceService(address, credentials.createInsecure(), channel);
  const methods = client as unknown as Record<string, (...args: unknown[]) => unknown>;
  const call = <Answer>(method: string, request: object = {}): Promise<Answer> =>
    new Promise((resolve, reject) =>
      methods[method]!(request, (error: ServiceError | null, answer: unknown) =>
        error ? reject(error) : resolve(answer as Answer),
      ),
    );
  return {
    call,
    infer: (request) => call('ModelInfer', request),
    stream: (requests) =>
      new Promise((resolve, reject) => {
        const stream = methods.ModelStreamInfer!() as ClientDuplexStream<InferRequest, StreamAnswer>;
        const answers: StreamAnswer[] = [];
        stream
          .on('data', (answer: StreamAnswer) => answers.push(answer))
          .on('end', () => resolve(answers))
          .on('error', reject);
        for (const request of requests) stream.write(request);
        stream.end();
      }),
    close: () => client.close(),
  };
}

/** A raw BYTES tensor. */
export function packBytes(elements: readonly Uint8Array[]): Buffer {
  return Buffer.concat(elements.flatMap((element) => [Buffer.from(Uint32Array.of(element.length).buffer), element]));
}

/** Elements of a raw BYTES tensor. */
export function unpackElements(raw: Buffer): Buffer[] {
  const elements: Buffer[] = [];
  for (let at = 0; at < raw.length; at += 4 + raw.readUInt32LE(at))
    elements.push(raw.subarray(at + 4, at + 4 + raw.readUInt32LE(at)));
  return elements;
}

/** The same as texts. */
export const unpackBytes = (raw: Buffer): string[] => unpackElements(raw).map((element) => element.toString());

/** A raw FP32 tensor. */
export const unpackFloats = (raw: Buffer): number[] =>
  Array.from({ length: raw.length / 4 }, (_, index) => raw.readFloatLE(4 * index));
