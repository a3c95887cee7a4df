import { execFileSync } from 'node:child_process';
import { integer, parseEnvironment } from '#libs/config';

/** An NVIDIA GPU as its driver describes it. */
export interface Gpu {
  /** Place in the order of the PCI bus, which is also nvidia-smi's. */
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
  /** For example 8.0 (Ampere) or 9.0 (Hopper). */
  readonly computeCapability: number;
  readonly memoryBytes: number;
  readonly driverVersion: string;
}

/**
 * From Ampere on, bfloat16 is in the hardware, and TensorFlow multiplies float32 in TF32 unless NVIDIA_TF32_OVERRIDE is
 * 0.
 */
const AMPERE = 8;

/** Which GPU an engine uses that is not told of several. */
export const gpuSettings = {
  device: [
    'SULCUS_GPU_DEVICE',
    integer({ default: 0, min: 0, description: 'the one GPU that an engine uses, by its number in nvidia-smi' }),
  ],
} as const;

/**
 * The GPUs that nvidia-smi lists; none where there is no NVIDIA driver or no such program. The stock binding tells no
 * more than whether TensorFlow has found one.
 */
export function listGpus(): Gpu[] {
  const fields = ['index', 'uuid', 'name', 'compute_cap', 'memory.total', 'driver_version'];
  let answer: string;
  try {
    answer = execFileSync('nvidia-smi', [`--query-gpu=${fields.join()}`, '--format=csv,noheader,nounits'], {
      encoding: 'utf8',
      timeout: 10_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return [];
  }
  return parseGpuList(answer);
}

/** Reads the answer of nvidia-smi: comma-separated lines, memory in MiB. Lines that are none of a GPU are left out. */
export function parseGpuList(answer: string): Gpu[] {
  return answer.split('\n').flatMap((line): Gpu[] => {
    const [index, uuid, name, capability, memoryMiB, driverVersion] = line.split(',').map((field) => field.trim());
    if (driverVersion === undefined || !/^\d+$/.test(index!)) return [];
    return [
      {
        index: Number(index),
        uuid: uuid!,
        name: name!,
        computeCapability: Number(capability),
        memoryBytes: Number(memoryMiB) * 2 ** 20,
        driverVersion,
      },
    ];
  });
}

/**
 * What makes one GPU visible to the engine's process, numbered as nvidia-smi does: with several in sight the binding
 * puts tensors on the last and ops on the first. CUDA_VISIBLE_DEVICES, where it is set, has the last word.
 * @throws INVALID_CONFIG when SULCUS_GPU_DEVICE is no number
 */
export function gpuEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  return {
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
    CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
    CUDA_VISIBLE_DEVICES: String(parseEnvironment(gpuSettings, env).device),
  };
}

/** Whether a word of CUDA_VISIBLE_DEVICES, a number or the beginning of a UUID, names this GPU. */
const isNamed = ({ index, uuid }: Gpu, word: string): boolean =>
  word === String(index) || (word.length > 4 && uuid.startsWith(word));

/** The GPUs that CUDA_VISIBLE_DEVICES leaves in sight, in its order; all where it is not set. */
export function visibleGpus(gpus: readonly Gpu[], env: NodeJS.ProcessEnv = process.env): Gpu[] {
  const words = env['CUDA_VISIBLE_DEVICES']?.split(',').map((word) => word.trim());
  return words ? words.flatMap((word) => gpus.find((gpu) => isNamed(gpu, word)) ?? []) : [...gpus];
}

/** The GPU that an engine started with this environment uses, as far as can be told. */
export function pinnedGpu(gpus: readonly Gpu[], env: NodeJS.ProcessEnv = process.env): Gpu | undefined {
  const wanted = env['CUDA_VISIBLE_DEVICES'] ?? gpuEnvironment(env)['CUDA_VISIBLE_DEVICES']!;
  const first = wanted.split(',')[0]!;
  return gpus.find((gpu) => isNamed(gpu, first));
}

/** Whether a GPU computes in bfloat16; a GPU of which nothing is known counts as one that does not. */
export const computesInBfloat16 = (gpu: Gpu | undefined): boolean =>
  gpu !== undefined && gpu.computeCapability >= AMPERE;
