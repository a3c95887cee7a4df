import { SulcusError } from '#libs/errors';
import type { Handlers } from '#libs/rpc';
import { isPseudonym } from '../../pipeline/pseudonyms.js';
import type { SampleSink } from '../../pipeline/sample-sink.js';
import { requireOwnSite } from './caller-site.js';

/** An edge asks for more in several calls. */
const MAX_SAMPLES_ASKED = 1_000;

/** What edges tell and ask beside sending samples: see the contract. */
export const answerEdges = ({
  sink,
}: {
  sink: Required<Pick<SampleSink, 'completeStudy' | 'findDurable'>>;
}): Required<Pick<Handlers<'Ingest'>, 'completeStudy' | 'findDurable'>> => ({
  completeStudy: async ({ site, studyId, samples }, { identity }) => {
    requireOwnSite(site, identity?.site);
    if (!isPseudonym(studyId, site)) throw wrong('the study is no pseudonym of the site');
    if (samples === 0) throw wrong('a study without samples is not complete');
    await sink.completeStudy(studyId, samples, site);
    return {};
  },

  findDurable: async ({ site, sampleIds }, { identity }) => {
    requireOwnSite(site, identity?.site);
    if (sampleIds.length > MAX_SAMPLES_ASKED)
      throw wrong(`${sampleIds.length} samples are asked for, the limit is ${MAX_SAMPLES_ASKED}`);
    if (!sampleIds.every((sampleId) => /^[0-9a-f]{64}$/.test(sampleId))) throw wrong('a sample is named by no SHA-256');
    const durable = await sink.findDurable(sampleIds, site);
    return { sampleIds: sampleIds.filter((sampleId) => durable.has(sampleId)) };
  },
});

const wrong = (what: string): SulcusError => new SulcusError('INVALID_ARGUMENT', `An edge is refused: ${what}`);
