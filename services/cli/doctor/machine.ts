import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { SulcusError } from '#libs/errors';
import { packageRoot, packageVersion } from '#libs/service';
import { shownPath } from '../shared/paths.js';
import { freeBytes, limitsFor } from '../launcher/pipeline/storage.js';
import type { Finding } from './finding.js';

/** Instructions that TensorFlow's kernels are chosen by, as /proc/cpuinfo names them. */
const FEATURES: Readonly<Record<string, string>> = {
  avx2: 'AVX2',
  avx512f: 'AVX512',
  avx512_bf16: 'AVX512-BF16',
  amx_tile: 'AMX',
  amx_bf16: 'AMX-BF16',
};

/** Training ResNet-50 with batches of 16 takes 1.8 GB, and the other services run beside it. */
const COMFORTABLE_MEMORY_BYTES = 4e9;

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** Version of Node and of sulcus, processor, memory, disk. */
export const machineFindings = (): Finding[] => [node(), processor(), memory(), disk()];

function node(): Finding {
  const { arch, platform, versions } = process;
  return {
    topic: 'Node.js',
    status: 'ok',
    text: `${versions.node} on ${platform} ${arch}; sulcus ${packageVersion()}`,
    facts: { node: versions.node, platform, arch, sulcus: packageVersion() },
  };
}

function processor(): Finding {
  const model = os.cpus()[0]?.model.trim() ?? 'unknown';
  const cores = os.availableParallelism();
  const features = processorFeatures();
  return {
    topic: 'processor',
    status: 'ok',
    text: [
      `${model}, ${cores} ${cores === 1 ? 'core' : 'cores'}`,
      ...(features.length === 0 ? [] : [features.join(', ')]),
    ].join('; '),
    facts: { model, cores, features },
  };
}

/** Empty where the system does not say, as on macOS. */
function processorFeatures(): string[] {
  const file = '/proc/cpuinfo';
  if (!existsSync(file)) return [];
  const flags = new Set(/^flags\s*:(.*)$/m.exec(readFileSync(file, 'utf8'))?.[1]?.trim().split(/\s+/));
  return Object.keys(FEATURES)
    .filter((flag) => flags.has(flag))
    .map((flag) => FEATURES[flag]!);
}

function memory(): Finding {
  // What a container may use, where that is less.
  const limitBytes = process.constrainedMemory();
  const totalBytes = limitBytes > 0 && limitBytes < os.totalmem() ? limitBytes : os.totalmem();
  const freeBytes = process.availableMemory();
  const facts = { totalBytes, freeBytes };
  const text = `${gigabytes(totalBytes)}, ${gigabytes(freeBytes)} free`;
  if (totalBytes >= COMFORTABLE_MEMORY_BYTES) return { topic: 'memory', status: 'ok', text, facts };
  return {
    topic: 'memory',
    status: 'warning',
    text,
    advice: 'train small networks with small batches, such as the recipe "default"',
    facts,
  };
}

function disk(): Finding {
  const folder = packageRoot();
  const free = freeBytes(folder);
  const facts = { folder, freeBytes: free };
  const text = `${gigabytes(free)} free in ${shownPath(folder)}`;
  try {
    const smaller = limitsFor(free).maxBytes !== undefined;
    return {
      topic: 'disk',
      status: smaller ? 'warning' : 'ok',
      text: smaller ? `${text}: streams are made smaller than usual` : text,
      facts,
    };
  } catch (error) {
    return { topic: 'disk', status: 'problem', text, advice: SulcusError.from(error).rawMessage, facts };
  }
}
