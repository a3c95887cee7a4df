import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { kernelSources, memorySources, root } from '../../scripts/setup/paths.mjs';

interface ComposeService {
  image?: string;
  build?: { context: string; dockerfile?: string; target?: string };
  command?: string[];
  environment?: Record<string, string | null>;
  ports?: string[];
  profiles?: string[];
  volumes?: (string | { source: string; target: string; read_only?: boolean; volume?: { subpath: string } })[];
  healthcheck?: { test: string[] };
  cap_drop?: string[];
  depends_on?: unknown;
}

const [kernels, memory] = [kernelSources, memorySources].map((folder) => path.relative(root, folder));

const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const compose = parse(read('docker-compose.yml'), { merge: true }) as { services: Record<string, ComposeService> };
const services = Object.entries(compose.services);
/** Services that run our own code. */
const ours = services.filter(([, service]) => service.build?.context === '.');

/** Services that do one thing and end. */
const ONCE = ['broker-keys', 'streams'];

/** `FROM … AS name` of a Dockerfile, and what each stage copies out of the build's context. */
function stagesOf(dockerfile: string) {
  const lines = dockerfile.replace(/\\\n/g, ' ').split('\n');
  const copies = lines
    .filter((line) => /^COPY (?!--from)/.test(line))
    .flatMap((line) => line.split(/\s+/).slice(1, -1));
  const stages = lines.flatMap((line) => /^FROM \S+ AS (\S+)/.exec(line)?.[1] ?? []);
  return { stages, copies };
}

describe('docker-compose.yml', () => {
  it('runs every part of the system', () => {
    assert.deepEqual(Object.keys(compose.services).sort(), [
      'archiver',
      'broker-keys',
      'ingest',
      'jaeger',
      'nats',
      'otel-collector',
      'predictor',
      'preprocess',
      'streams',
      'trainer',
      'trainer-gpu',
    ]);
  });

  it('builds from files and stages that exist', () => {
    for (const [name, { build }] of services.filter(([, service]) => service.build)) {
      const dockerfile = path.join(build!.context, build!.dockerfile ?? 'Dockerfile');
      assert.ok(existsSync(path.join(root, dockerfile)), `${name}: ${dockerfile}`);
      const { stages, copies } = stagesOf(read(dockerfile));
      if (build!.target)
        assert.ok(stages.includes(build!.target), `${name}: no stage ${build!.target} among ${stages.join(', ')}`);
      for (const file of copies)
        assert.ok(existsSync(path.join(root, build!.context, file)), `${dockerfile} copies ${file}`);
    }
  });

  it('lets the build see every file it copies', () => {
    const visible = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const { copies } = stagesOf(read('deploy/Dockerfile'));
    assert.deepEqual(
      copies.filter((file) => !visible.some((shown) => file === shown || file.startsWith(`${shown}/`))),
      [],
    );
  });

  it('compiles kernels and memory for every image with an engine, after TensorFlow is there', () => {
    const stages = read('deploy/Dockerfile')
      .replace(/\\\n/g, ' ')
      .split(/^FROM /m);
    for (const name of ['engine-cpu-parts', 'engine-gpu-parts']) {
      const lines = stages
        .find((stage) => stage.split('\n')[0]!.endsWith(` AS ${name}`))!
        .split('\n')
        .filter((line) => /^(RUN|COPY) /.test(line));
      const copied = lines.findIndex((line) => line === `COPY ${kernels} ${kernels}`);
      assert.match(lines[copied - 1]!, /setup\.mjs|pip install/, name);
      assert.equal(lines[copied + 1], `COPY ${memory} ${memory}`, name);
      assert.match(lines[copied + 2]!, /setup\.mjs --parts=engine/, name);
    }
  });

  it('starts services that exist', () => {
    for (const [name, { command }] of ours.filter(([service]) => !ONCE.includes(service)))
      assert.ok(existsSync(path.join(root, 'services', command![0]!, 'index.ts')), `${name}: ${command!.join(' ')}`);
  });

  it('gives each service only variables that it reads', () => {
    const sources = ['libs', 'services']
      .flatMap((folder) =>
        readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
          .filter((file) => file.endsWith('.ts'))
          .map((file) => read(path.join(folder, file))),
      )
      .join('\n');
    for (const [name, { environment = {} }] of ours) {
      for (const variable of Object.keys(environment).filter(
        (key) => key.startsWith('SULCUS_') && key !== 'SULCUS_NATS_MONITOR',
      ))
        assert.ok(sources.includes(variable), `${name}: ${variable} is read nowhere`);
    }
  });

  it('publishes the ports on which the services listen, which are their defaults', () => {
    for (const name of ['ingest', 'predictor']) {
      const { environment, ports } = compose.services[name]!;
      const port = /:(\d+)$/.exec(environment![`SULCUS_${name.toUpperCase()}_ADDRESS`]!)?.[1];
      assert.deepEqual(ports, [`\${SULCUS_BIND:-127.0.0.1}:${port}:${port}`]);
      assert.match(read(`services/${name}/config.ts`), new RegExp(`127\\.0\\.0\\.1:${port}`));
    }
  });

  it('publishes nothing beyond this machine unless asked', () => {
    for (const [name, { ports = [] }] of services)
      for (const port of ports) assert.ok(port.startsWith('${SULCUS_BIND:-127.0.0.1}:'), `${name}: ${port}`);
  });

  it('mounts only files that exist, named volumes and the inbox', () => {
    for (const [name, { volumes = [] }] of services) {
      for (const volume of volumes) {
        if (typeof volume !== 'string') continue;
        const source = volume.startsWith('${SULCUS_INBOX') ? undefined : volume.split(':')[0]!;
        if (source?.startsWith('.')) assert.ok(existsSync(path.join(root, source)), `${name}: ${source}`);
      }
    }
  });

  it("gives each service the key of the broker's user that it works as, and no other", () => {
    const users = new Map(
      ours
        .filter(([name]) => name !== 'broker-keys')
        .map(([name, { environment, volumes = [] }]) => {
          const lent = volumes.filter((volume) => typeof volume !== 'string');
          assert.ok(
            lent.every(({ read_only }) => read_only),
            name,
          );
          assert.deepEqual(
            lent.map(({ source, volume }) => [source, volume?.subpath]),
            [['broker-keys', environment!['SULCUS_NATS_ACCOUNT']]],
            name,
          );
          return [name, environment!['SULCUS_NATS_ACCOUNT']];
        }),
    );
    assert.deepEqual(Object.fromEntries(users), {
      streams: 'operator',
      ingest: 'ingest',
      archiver: 'archiver',
      preprocess: 'preprocess',
      trainer: 'trainer',
      'trainer-gpu': 'trainer',
      predictor: 'predictor',
    });
  });

  it('checks the health of every image that can be checked', () => {
    const without = services
      .filter(([, service]) => !service.healthcheck)
      .map(([name]) => name)
      .sort();
    assert.deepEqual(without, ['broker-keys', 'jaeger', 'nats', 'otel-collector', 'streams']);
    assert.match(read('deploy/nats/Dockerfile'), /^HEALTHCHECK /m);
  });

  it('runs without privileges', () => {
    for (const [name, { cap_drop }] of services) assert.deepEqual(cap_drop, ['ALL'], name);
    assert.match(read('deploy/nats/Dockerfile'), /^USER 1000:1000$/m);
    // The other runnable stages are built on `service`, which ends as this user.
    assert.match(read('deploy/Dockerfile').split(' AS service\n')[1]!.split('FROM ')[0]!, /^USER node$/m);
    assert.deepEqual(
      [...read('deploy/Dockerfile').matchAll(/^USER (.+)$/gm)].map(([, user]) => user),
      ['node'],
    );
  });

  it('keeps the GPU behind its profile', () => {
    assert.deepEqual(
      services.filter(([, { profiles }]) => profiles).map(([name, { profiles }]) => [name, profiles]),
      [['trainer-gpu', ['gpu']]],
    );
  });
});

describe('the collector', () => {
  it('uses only parts that it defines, and sends to a service that exists', () => {
    const config = parse(read('deploy/otel-collector/config.yaml')) as Record<
      string,
      Record<string, { endpoint?: string }>
    > & {
      service: { pipelines: Record<string, Record<'receivers' | 'processors' | 'exporters', string[]>> };
    };
    for (const [name, pipeline] of Object.entries(config.service.pipelines)) {
      for (const kind of ['receivers', 'processors', 'exporters'] as const)
        for (const part of pipeline[kind]) assert.ok(part in config[kind]!, `${name}: ${part}`);
    }
    assert.ok(config.exporters!['otlp/jaeger']!.endpoint!.split(':')[0]! in compose.services);
  });
});
