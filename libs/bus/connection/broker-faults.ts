import { SulcusError, type ErrorCode } from '#libs/errors';
import { diskErrorCode } from './disk-errors.js';
import { readDurability } from './durability.js';
import { MINIMUM_MAX_PAYLOAD_BYTES } from './server-version.js';

/** Something about the broker that its users must know. */
export interface BrokerFault {
  code: ErrorCode;
  /** A sentence for people. */
  message: string;
  /** True: streams refuse everything until the server is restarted, also when the cause is gone. */
  needsRestart: boolean;
  /** True: it says nothing at all, as a process that stands still. */
  isSilent?: boolean;
}

/** A server that takes longer than this to say how it is keeps its users waiting too. */
const SLOW_MS = 2000;
const TIMEOUT_MS = 10_000;

/**
 * What is wrong with a NATS server, as its monitoring port tells; empty when it is well. Never throws.
 *
 * - STORAGE_FULL, STORAGE_FAILED: a stream could not be written to
 * - BUS_UNAVAILABLE: it does not answer, or JetStream is not well for another reason
 * - DEADLINE_EXCEEDED: it answers slowly
 * - NOT_DURABLE: what it acknowledges is not on the disk yet
 * - INVALID_CONFIG: it refuses messages of a size that is needed
 *
 * @param monitorUrl for example `http://127.0.0.1:8222`
 */
export async function readBrokerFaults(monitorUrl: string): Promise<BrokerFault[]> {
  const startedMs = performance.now();
  try {
    const faults = [...(await healthFaults(monitorUrl)), ...(await settingFaults(monitorUrl))];
    const tookMs = performance.now() - startedMs;
    if (tookMs > SLOW_MS) faults.push(fault('DEADLINE_EXCEEDED', `it took ${(tookMs / 1000).toFixed(1)} s to answer`));
    return faults;
  } catch (error) {
    return [{ ...fault('BUS_UNAVAILABLE', SulcusError.from(error).rawMessage), isSilent: true }];
  }
}

/** @throws BUS_UNAVAILABLE */
async function healthFaults(monitorUrl: string): Promise<BrokerFault[]> {
  const { status, error = '' } = await readHealth(monitorUrl);
  if (status === 'ok') return [];
  const code = diskErrorCode(error);
  return [{ code: code ?? 'BUS_UNAVAILABLE', message: error || status, needsRestart: code !== undefined }];
}

async function readHealth(monitorUrl: string): Promise<{ status: string; error?: string }> {
  try {
    const response = await fetch(new URL('/healthz', monitorUrl), { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return (await response.json()) as { status: string; error?: string };
  } catch (cause) {
    throw new SulcusError('BUS_UNAVAILABLE', `the NATS server's monitoring does not answer at ${monitorUrl}`, {
      cause,
    });
  }
}

async function settingFaults(monitorUrl: string): Promise<BrokerFault[]> {
  const durability = await readDurability(monitorUrl, AbortSignal.timeout(TIMEOUT_MS));
  return durabilityFaults(durability);
}

/** What is wrong with a server's settings. */
export function durabilityFaults({
  syncAlways,
  syncIntervalMs,
  maxPayloadBytes,
}: {
  syncAlways: boolean;
  syncIntervalMs: number;
  maxPayloadBytes: number;
}): BrokerFault[] {
  return [
    ...(syncAlways
      ? []
      : [
          fault(
            'NOT_DURABLE',
            `a power loss may take what it acknowledged in the last ${syncIntervalMs / 1000} s: ` +
              'set sync_interval: always in its jetstream block',
          ),
        ]),
    ...(maxPayloadBytes >= MINIMUM_MAX_PAYLOAD_BYTES
      ? []
      : [fault('INVALID_CONFIG', `its max_payload is ${maxPayloadBytes} bytes: 8MB is recommended`)]),
  ];
}

const fault = (code: ErrorCode, message: string): BrokerFault => ({ code, message, needsRestart: false });
