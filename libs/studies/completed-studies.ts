import type { Bus, KeyValue } from '#libs/bus';
import { SulcusError } from '#libs/errors';

/** A study of which its site says that everything has come. */
export interface CompletedStudy {
  studyId: string;
  /** Samples that it has then. */
  samples: number;
}

const PREFIX = 'complete.';

/** Studies that their sites have said are complete, in the bucket `studies`: nobody waits for their idle time. */
export class CompletedStudies {
  readonly #bus: Bus;

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  /** @param site that the study is of: it may speak of its own alone */
  async announce(site: string, { studyId, samples }: CompletedStudy): Promise<void> {
    const bucket = await this.#bus.keyValue('studies');
    await bucket.put(`${PREFIX}${site}.${studyId}`, Buffer.from(JSON.stringify({ samples })));
  }

  /** Those that were announced, then each that is; ends at once on a broker of before there was this bucket. */
  async *follow(signal: AbortSignal): AsyncGenerator<CompletedStudy> {
    const bucket = await this.#bucketIfThere();
    if (!bucket) return;
    for await (const { key, value } of bucket.watch(PREFIX, signal)) {
      const [site = '', studyId = ''] = key.slice(PREFIX.length).split('.');
      // The broker knows by the key who may write it; whose a study is, its pseudonym says.
      if (value === undefined || studyId.slice(0, studyId.lastIndexOf('-')) !== site) continue;
      const samples = samplesIn(value);
      if (samples !== undefined) yield { studyId, samples };
    }
  }

  async #bucketIfThere(): Promise<KeyValue | undefined> {
    try {
      return await this.#bus.keyValue('studies');
    } catch (error) {
      if (SulcusError.from(error).code === 'NOT_FOUND') return undefined;
      throw error;
    }
  }
}

/** Any site may write here: what is no announcement ends nobody's following. */
function samplesIn(value: Buffer): number | undefined {
  try {
    const { samples } = JSON.parse(value.toString()) as { samples: unknown };
    return Number.isSafeInteger(samples) ? (samples as number) : undefined;
  } catch {
    return undefined;
  }
}
