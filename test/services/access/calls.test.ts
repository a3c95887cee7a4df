import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { AccessPolicy, type ClientSecurity } from '#libs/access';
import { SulcusError } from '#libs/errors';
import { contracts, createClientOf, implement, startServer, type RpcServer, type ServiceContract } from '#libs/rpc';
import { main as certs } from '../../../services/cli/commands/certs.js';
import { explainRole } from '../../../services/predictor/protocols/explain-role.js';
import { commandOutput } from '../../helpers/command-output.js';

// Who may call what, written down by hand: each call of a server with the policy that `sulcus certs` writes.

const PEERS = ['operator', 'site-north', 'site-south', 'client-viewer', 'ingest', 'predictor'] as const;
type Peer = (typeof PEERS)[number];

const PREDICT: readonly Peer[] = ['operator', 'site-north', 'site-south', 'client-viewer'];
const EDGES: readonly Peer[] = ['operator', 'site-north', 'site-south'];
const NORTH: readonly Peer[] = ['operator', 'site-north'];
const OPERATOR: readonly Peer[] = ['operator'];

/** Of an ingest of the site north; what a service of the core shows is in no policy. */
const INGEST: Readonly<Record<string, readonly Peer[]>> = {
  UploadImages: NORTH,
  UploadImagesAcked: NORTH,
  // What an edge sends says for which site, and is compared message by message.
  Annotate: EDGES,
  ForwardScans: EDGES,
  CompleteStudy: EDGES,
  FindDurable: EDGES,
  Describe: EDGES,
};
const PREDICTOR: Readonly<Record<string, readonly Peer[]>> = {
  Predict: PREDICT,
  PredictStream: PREDICT,
  PredictStudy: PREDICT,
  PredictStoredStudy: PREDICT,
};
const INFERENCE: Readonly<Record<string, readonly Peer[]>> = {
  ServerLive: PREDICT,
  ServerReady: PREDICT,
  ServerMetadata: PREDICT,
  ModelReady: PREDICT,
  ModelMetadata: PREDICT,
  ModelConfig: PREDICT,
  ModelStatistics: PREDICT,
  ModelInfer: PREDICT,
  ModelStreamInfer: PREDICT,
  RepositoryIndex: PREDICT,
  RepositoryModelLoad: OPERATOR,
  RepositoryModelUnload: OPERATOR,
};

const REACHED = 'this call was let through';
const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-access-'));
const servers: RpcServer[] = [];
let [ingest, predictor] = ['', ''];

/** Handlers of every method that end each call in the same way. */
function reached(contract: ServiceContract): object {
  const end = (): never => {
    throw new SulcusError('NOT_FOUND', REACHED);
  };
  return Object.fromEntries(
    Object.entries(contract.definition).map(([name, { responseStream }]) => [
      name.charAt(0).toLowerCase() + name.slice(1),
      responseStream
        ? async function* () {
            await Promise.resolve();
            yield end();
          }
        : async () => Promise.resolve(end()),
    ]),
  );
}

const fileOf = (name: string): string => path.join(folder, name);

async function serve(names: readonly (keyof typeof contracts)[], site?: string): Promise<string> {
  const policy = AccessPolicy.read(fileOf('access-policy.json'));
  const tls = { certificate: fileOf('predictor.pem'), key: fileOf('predictor.key'), authorities: fileOf('ca.pem') };
  const server = await startServer({
    address: '127.0.0.1:0',
    implementations: names.map((name) =>
      implement(contracts[name] as ServiceContract, reached(contracts[name]) as never),
    ),
    security: { tls, policy, insecure: false },
    messageRole: explainRole,
    ...(site && { site }),
  });
  servers.push(server);
  return server.address;
}

before(async () => {
  await commandOutput(certs, [folder, '--sites', 'north,south', '--clients', 'viewer']);
  ingest = await serve(['Ingest'], 'north');
  predictor = await serve(['Predictor', 'Inference']);
});
after(async () => {
  for (const server of servers) await server.stop(0);
  rmSync(folder, { recursive: true });
});

/** How a call of somebody ends: the code of its error. */
async function outcome(
  contract: ServiceContract,
  address: string,
  method: string,
  security: ClientSecurity,
  message: object = {},
): Promise<string> {
  const options = { security, retry: false, connectTimeoutMs: 3000 };
  using client = createClientOf(
    contract as ServiceContract<unknown, Record<string, (input: unknown) => unknown>>,
    address,
    options,
  );
  const { requestStream } = contract.definition[method]!;
  try {
    const answer = client[method.charAt(0).toLowerCase() + method.slice(1)]!(requestStream ? [message] : message);
    if (Symbol.asyncIterator in (answer as object)) for await (const _ of answer as AsyncIterable<unknown>);
    else await answer;
    return 'OK';
  } catch (error) {
    const { code, rawMessage } = SulcusError.from(error);
    return rawMessage.includes(REACHED) ? 'reached' : code;
  }
}

const shows = (peer: Peer): ClientSecurity => ({
  tls: { certificate: fileOf(`${peer}.pem`), key: fileOf(`${peer}.key`), authorities: fileOf('ca.pem') },
});

const expected = (peer: Peer, allowed: readonly Peer[]): string => {
  if (allowed.includes(peer)) return 'reached';
  return peer === 'ingest' || peer === 'predictor' ? 'UNAUTHENTICATED' : 'PERMISSION_DENIED';
};

const SERVICES = [
  [contracts.Ingest, () => ingest, INGEST],
  [contracts.Predictor, () => predictor, PREDICTOR],
  [contracts.Inference, () => predictor, INFERENCE],
] as unknown as [ServiceContract, () => string, Record<string, readonly Peer[]>][];

for (const [contract, address, policy] of SERVICES) {
  test(`${contract.fullName}: every call × every peer is allowed exactly as the policy says`, async () => {
    const unlisted = Object.keys(contract.definition).filter((method) => !(method in policy));
    for (const peer of PEERS)
      for (const method of Object.keys(contract.definition)) {
        const found = await outcome(contract, address(), method, shows(peer));
        assert.equal(found, expected(peer, policy[method] ?? OPERATOR), `${method} by ${peer}`);
      }
    if (contract.fullName !== 'inference.GRPCInferenceService') assert.deepEqual(unlisted, []);
  });
}

test('who shows no certificate reaches nothing', async () => {
  const nobody = { tls: { authorities: fileOf('ca.pem') } };
  for (const [contract, address] of SERVICES) {
    const method = Object.keys(contract.definition)[0]!;
    assert.equal(await outcome(contract, address(), method, nobody), 'SERVICE_UNAVAILABLE', contract.fullName);
  }
});

test('an explanation needs its own role', async () => {
  const ask = (peer: Peer): Promise<string> =>
    outcome(contracts.Predictor as ServiceContract, predictor, 'Predict', shows(peer), { explain: {} });
  assert.deepEqual(await Promise.all((['operator', 'site-north', 'client-viewer'] as const).map(ask)), [
    'reached',
    'reached',
    'PERMISSION_DENIED',
  ]);
});
