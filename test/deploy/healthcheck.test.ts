import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startServer, type RpcServer } from '#libs/rpc';
import { run } from '../../scripts/setup/process.mjs';
import { root } from '../../scripts/setup/paths.mjs';

const check = async (args: string[], environment: NodeJS.ProcessEnv = {}) =>
  (
    await run(process.execPath, [path.join(root, 'deploy/healthcheck.mjs'), ...args], {
      env: { ...process.env, ...environment },
    })
  ).code;

describe('the health check of a gRPC service', () => {
  let server: RpcServer;
  before(async () => {
    server = await startServer({ address: '127.0.0.1:0', services: { Predictor: {} as never } });
  });
  after(() => server.stop(0));

  it('tells answering from serving', async () => {
    assert.equal(await check(['grpc', server.address]), 0);
    assert.equal(await check(['grpc-serving', server.address]), 1);
    server.setServing('Predictor', true);
    assert.equal(await check(['grpc-serving', server.address]), 0);
  });

  it('asks the service itself, whatever proxy the environment names', async () => {
    assert.equal(await check(['grpc', server.address], { http_proxy: 'http://127.0.0.1:1', no_proxy: '' }), 0);
  });

  it('fails where nobody listens, and when misused', async () => {
    assert.equal(await check(['grpc', '127.0.0.1:1']), 1);
    assert.equal(await check(['tcp', server.address]), 1);
  });
});

describe('the health check of a service without a port', () => {
  let monitor: Server;
  let environment: NodeJS.ProcessEnv;
  before(async () => {
    const connections = [
      { name: 'trainer', ip: '127.0.0.1' },
      { name: 'preprocess', ip: '192.0.2.1' },
    ];
    monitor = createServer((_, response) => response.end(JSON.stringify({ connections }))).listen(0, '127.0.0.1');
    await new Promise((resolve) => monitor.once('listening', resolve));
    environment = { SULCUS_NATS_MONITOR: `http://127.0.0.1:${(monitor.address() as AddressInfo).port}` };
  });
  after(() => monitor.close());

  it('wants a connection of its name from this host', async () => {
    assert.equal(await check(['broker', 'trainer'], environment), 0);
    assert.equal(await check(['broker', 'preprocess'], environment), 1, 'another host is connected under that name');
    assert.equal(await check(['broker', 'predictor'], environment), 1);
    assert.equal(await check(['broker', 'trainer'], { SULCUS_NATS_MONITOR: 'http://127.0.0.1:1' }), 1);
  });
});
