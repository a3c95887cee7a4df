import { createHash } from 'node:crypto';
import { subjects, writeScanHeaders, type Bus } from '#libs/bus';
import { codecs, type ScanInput, type Split } from '#libs/contracts';

/** What a test names of a scan; site, split and source have defaults. */
export type ScanOverrides = Omit<ScanInput, 'image' | 'split'> & { split?: Split };

/**
 * Publishes a scan as ingest does: by the hash of its bytes unless it is given an id, with its headers, once.
 * @param headers beside those of every scan
 */
export async function publishScan(
  bus: Bus,
  image: Uint8Array,
  overrides: ScanOverrides = {},
  headers: Record<string, string> = {},
): Promise<{ sampleId: string; sequence: number }> {
  const sampleId = overrides.sampleId ?? createHash('sha256').update(image).digest('hex');
  const scan = {
    site: 'local',
    split: 'SPLIT_TRAIN' as Split,
    format: 'png',
    source: `${sampleId.slice(0, 8)}.png`,
    ...overrides,
    sampleId,
  };
  const { sequence } = await bus.publish(
    subjects.scan(scan.site, sampleId),
    codecs.Scan,
    { ...scan, image: await bus.toPayload(image) },
    { firstOnSubject: true, headers: { ...writeScanHeaders(scan), ...headers } },
  );
  return { sampleId, sequence };
}
