import { existsSync } from 'node:fs';
import { describeEngine, listGpus, pinnedGpu, startEngine, type Engine, type EngineInfo, type Gpu } from '#libs/engine';
import { SulcusError } from '#libs/errors';
import { resolvePrecision, runSelfCheck, type SelfCheckResult } from '#libs/nn';
import { devicesFinding } from './devices.js';
import type { Finding } from './finding.js';

const SET_UP = 'npm run setup';

/** The engine that services would use, its device and precision, and whether it computes what it should. */
export async function engineFindings(): Promise<Finding[]> {
  const gpus = listGpus();
  let engine: Engine;
  try {
    engine = await startEngine({ label: 'doctor' });
  } catch (error) {
    return [
      { topic: 'engine', status: 'problem', text: SulcusError.from(error).rawMessage, advice: SET_UP },
      gpuFinding(gpus, undefined),
    ];
  }
  await using running = engine;
  const { info } = running;
  const precisions = info.precision.bf16 ? (['float32', 'bfloat16'] as const) : (['float32'] as const);
  const findings = [engineFinding(info), gpuFinding(gpus, info), devicesFinding(info), precisionFinding(info)];
  for (const precision of precisions)
    findings.push(
      await runSelfCheck(running, precision).then(selfCheckFinding, (error: unknown) =>
        failedSelfCheck(precision, error),
      ),
    );
  return findings;
}

const onGpu = (info: EngineInfo | undefined): boolean => info?.devices[0]?.startsWith('GPU') ?? false;

/** The engine, which kernels and which allocator it runs; the facts are all it says about itself. */
export function engineFinding(info: EngineInfo): Finding {
  const text = [
    describeEngine(info),
    ...(info.oneDnn ? ['oneDNN kernels'] : []),
    ...customKernels(info),
    ...(info.customAllocator ? ['custom allocator'] : []),
  ].join(', ');
  if (info.kind === 'tensorflow') return { topic: 'engine', status: 'ok', text, facts: { ...info } };
  return {
    topic: 'engine',
    status: 'warning',
    text: `${text}: correct, but several times slower than TensorFlow`,
    advice: `${SET_UP} brings TensorFlow; SULCUS_ENGINE=tensorflow insists on it`,
    facts: { ...info },
  };
}

/** What runs on custom kernels, in which element types. Nothing where there can be none. */
function customKernels({ kind, devices, customConvolutionTypes, customBatchNormTypes }: EngineInfo): string[] {
  const uses = [
    { what: 'convolutions', types: customConvolutionTypes },
    { what: 'batch norms of training', types: customBatchNormTypes },
  ].filter(({ types }) => types.length > 0);
  if (uses.length > 0)
    return [`custom kernels for ${uses.map(({ what, types }) => `${what} in ${types.join(' and ')}`).join(' and ')}`];
  return kind === 'tensorflow' && devices[0] === 'CPU:0'
    ? ['no custom kernels (they need AVX-512, and g++ at set-up)']
    : [];
}

function gpuFinding(gpus: readonly Gpu[], info: EngineInfo | undefined): Finding {
  const pinned = pinnedGpu(gpus);
  const facts = { gpus, pinned: pinned?.index ?? null, used: onGpu(info) };
  if (onGpu(info)) {
    const tf32 =
      process.env['NVIDIA_TF32_OVERRIDE'] === '0'
        ? ''
        : '; float32 convolutions in TF32 from Ampere on (NVIDIA_TF32_OVERRIDE=0: in full)';
    const which = pinned ? describeGpu(pinned) : 'of unknown kind, since nvidia-smi does not answer';
    return {
      topic: 'GPU',
      status: 'ok',
      text: `${which}; memory grows as needed${tf32}`,
      facts,
    };
  }
  if (gpus.length === 0 && !existsSync('/dev/nvidia0')) return { topic: 'GPU', status: 'ok', text: 'none', facts };
  const text =
    gpus.length > 0
      ? `not used: ${gpus.map(describeGpu).join('; ')}`
      : 'not used: there is /dev/nvidia0, but nvidia-smi does not answer';
  return {
    topic: 'GPU',
    status: 'warning',
    text,
    advice:
      'let SULCUS_LIBTENSORFLOW_DIR name a folder with a CUDA build of libtensorflow, and set up again ' +
      '(deploy/README.md); the default is the build for processors',
    facts,
  };
}

function describeGpu({ index, name, computeCapability, memoryBytes, driverVersion }: Gpu): string {
  const memory = `${Math.round(memoryBytes / 1e9)} GB`;
  const capability = `compute capability ${computeCapability.toFixed(1)}`;
  return `${name} (number ${index}, ${capability}, ${memory}, driver ${driverVersion})`;
}

function precisionFinding(info: EngineInfo): Finding {
  const precision = resolvePrecision('auto', info);
  const device = onGpu(info) ? 'GPU' : 'processor';
  const reason = info.precision.bf16
    ? `the ${device} computes in bfloat16${onGpu(info) ? '' : ' (float32 for MobileNetV3, which trains faster so)'}`
    : onGpu(info)
      ? 'the GPU does not compute in bfloat16, or nvidia-smi does not say so'
      : 'the processor has neither AVX512-BF16 nor AMX, or this engine does not use them';
  return {
    topic: 'precision',
    status: 'ok',
    text: `"auto" means ${precision}: ${reason}`,
    facts: { auto: precision, bfloat16: info.precision.bf16 },
  };
}

function selfCheckFinding({ precision, comparisons, passed }: SelfCheckResult): Finding {
  const shown = comparisons
    .map(({ what, difference, tolerance }) => `${what} ${difference.toExponential(1)} (≤ ${tolerance})`)
    .join(', ');
  const finding = {
    topic: `self-check`,
    text: `${precision} training steps against PyTorch's numbers: ${shown}`,
    facts: { precision, comparisons },
  };
  return passed ? { ...finding, status: 'ok' } : { ...finding, status: 'problem', advice: adviceFor(precision) };
}

const failedSelfCheck = (precision: SelfCheckResult['precision'], error: unknown): Finding => ({
  topic: 'self-check',
  status: 'problem',
  text: `${precision} training step: ${SulcusError.from(error).rawMessage.split('\n')[0]}`,
  advice: adviceFor(precision),
  facts: { precision },
});

/** `auto` would choose what does not work here. */
const adviceFor = (precision: SelfCheckResult['precision']): string =>
  precision === 'bfloat16'
    ? 'give recipes the precision "float32", and look for ONEDNN_* and TF_* variables that hide instructions'
    : 'do not train or predict with this engine; look for ONEDNN_* and TF_* variables, and set up again';
