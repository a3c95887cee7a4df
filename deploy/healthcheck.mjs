/**
 * Says by its exit code whether a container's service is well: node healthcheck.mjs …
 *
 *   grpc HOST:PORT          it answers grpc.health.v1, serving or not: a predictor without a model is well
 *   grpc-serving HOST:PORT  … and its status is SERVING
 *   broker NAME             this host has an open connection of that name to the broker (SULCUS_NATS_MONITOR)
 */
import { get } from 'node:http';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';

const TIMEOUT_MS = 4000;

/** @param {string} address @returns {Promise<string>} the server's status as a whole */
async function askHealth(address) {
  const { credentials, loadPackageDefinition } = await import('@grpc/grpc-js');
  const { loadSync } = await import('@grpc/proto-loader');
  const { protoPath } = await import('grpc-health-check');
  const { Health } = /** @type {any} */ (loadPackageDefinition(loadSync(protoPath, { enums: String }))).grpc.health.v1;
  const client = new Health(address, credentials.createInsecure(), {
    // The container's own service: a proxy that the environment names is for other machines.
    'grpc.enable_http_proxy': 0,
  });
  return new Promise((resolve, reject) => {
    client.check({ service: '' }, { deadline: Date.now() + TIMEOUT_MS }, (error, response) => {
      client.close();
      if (error) reject(new Error(error.message, { cause: error }));
      else resolve(response.status);
    });
  });
}

/** @param {string} name @param {string} monitor @returns {Promise<boolean>} */
async function isConnected(name, monitor) {
  const own = new Set(
    Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .map(({ address }) => address),
  );
  const response = await new Promise((resolve, reject) => {
    const request = get(`${monitor}/connz?limit=10000`, { timeout: TIMEOUT_MS }, resolve);
    request.on('error', reject).on('timeout', () => request.destroy(new Error(`${monitor} does not answer`)));
  });
  const { connections } = JSON.parse(await text(response));
  return connections.some((connection) => connection.name === name && own.has(connection.ip));
}

const [kind, target] = process.argv.slice(2);
const checks = {
  grpc: async () => ['SERVING', 'NOT_SERVING'].includes(await askHealth(target)),
  'grpc-serving': async () => (await askHealth(target)) === 'SERVING',
  broker: () => isConnected(target, process.env.SULCUS_NATS_MONITOR ?? 'http://127.0.0.1:8222'),
};

try {
  if (!checks[kind] || !target) throw new Error('usage: healthcheck.mjs grpc|grpc-serving HOST:PORT | broker NAME');
  if (!(await checks[kind]())) throw new Error(`${kind} ${target}: not well`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
