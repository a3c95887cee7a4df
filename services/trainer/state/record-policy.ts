import type { Bus } from '#libs/bus';
import { canonicalJson } from '#libs/canonical-json';
import { lastDecision, recordDecision } from '#libs/decisions';

/** Rules by which a run's versions are promoted. */
export type Policy = Readonly<Record<string, string | number | boolean>>;

/**
 * Puts on record by which rules the versions of a run are promoted from now on; nothing when they are those of before.
 */
export async function recordPolicy(bus: Bus, run: string, policy: Policy): Promise<void> {
  const after = canonicalJson(policy);
  const before = (await lastDecision(bus, 'KIND_POLICY_CHANGED', run))?.after ?? '';
  if (before === after) return;
  const reason = before === '' ? 'the run begins' : 'the trainer was started with other settings';
  const timeUnixMs = Date.now();
  await recordDecision(
    bus,
    { kind: 'KIND_POLICY_CHANGED', run, before, after, reason, timeUnixMs },
    { scope: run, key: String(timeUnixMs) },
  );
}
