import { Streams, type Bus } from '#libs/bus';
import { parseEnvironment } from '#libs/config';
import { codecs, type StudyPrediction } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import { intakeEnvironment, loadPseudonymKey, Pseudonyms } from '#services/ingest';

/** What the core calls a study of the site. @param dataDir where the site's key is kept */
export async function studyPseudonym(studyUid: string, dataDir: string, log: Logger): Promise<string> {
  const { site, pseudonymKey } = parseEnvironment({
    site: intakeEnvironment.site,
    pseudonymKey: intakeEnvironment.pseudonymKey,
  });
  return new Pseudonyms(site, await loadPseudonymKey(pseudonymKey, dataDir, log)).study(studyUid)!;
}

/** The first prediction of a study that is published, or was. @throws the signal's reason when it aborts before */
export async function findPrediction(bus: Bus, studyId: string, signal: AbortSignal): Promise<StudyPrediction> {
  for await (const { message } of bus.follow({ stream: Streams.STUDIES, codec: codecs.StudyPrediction, signal }))
    if (message?.studyId === studyId) return message;
  throw SulcusError.from(signal.reason);
}
