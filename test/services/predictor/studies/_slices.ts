import { createHash } from 'node:crypto';
import { HeaderName, subjects, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';

/** Publishes one image of a study as ingest does. */
export async function publishSlice(bus: Bus, studyId: string, image: Buffer): Promise<string> {
  const sampleId = createHash('sha256').update(image).digest('hex');
  await bus.publish(
    subjects.scan('site', sampleId), codecs.Scan,
    { sampleId, studyId, site: 'site', split: 'SPLIT_TEST', image: { inline: image }, format: 'png', channels: 1, source: `${studyId}/${sampleId.slice(0, 6)}.png` },
    { headers: { [HeaderName.SAMPLE_ID]: sampleId, [HeaderName.SPLIT]: 'SPLIT_TEST', [HeaderName.STUDY_ID]: studyId }, firstOnSubject: true },
  );
  return sampleId;
}
