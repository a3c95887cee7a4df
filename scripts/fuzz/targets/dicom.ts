import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeImage } from '#libs/imaging';
import { DicomIntake, Pseudonyms, readImportConfig } from '#services/ingest';
import { fixtures } from '../corpus/fixtures.js';
import { mutateContainer } from '../mutate/container.js';
import { choose } from '../mutate/choose.js';
import { dicom } from '../mutate/dicom.js';
import { outcomeOf, refusalOf, type Subject, type Target } from '../target.js';

const corpus = async (): Promise<Buffer[]> => [
  ...(await fixtures('dicom', '.dcm')),
  ...(await fixtures('cases/other', '.dcm')),
];

/** A DICOM object, from the header to the de-identified scan that leaves the site, and as the predictor reads it. */
export const dicomTarget: Target = {
  name: 'dicom',
  share: 10,
  kind: 'readers',
  maker: async () => {
    const files = await corpus();
    return (random) => mutateContainer(random, dicom, choose(random, files), files);
  },
  open,
};

async function open(): Promise<Subject> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-fuzz-dicom-'));
  const config = readImportConfig({ SULCUS_DATA_DIR: folder, SULCUS_DICOM_MODALITIES: 'MR,CT,OT,XA,US' });
  const intake = new DicomIntake(config, new Pseudonyms('site', Buffer.from('a key for tests alone')));
  return {
    run: async (input) => {
      await outcomeOf(() => decodeImage(input));
      const object = await intake.open({ bytes: input, source: 'a.dcm' });
      if (object.kind === 'filtered') return `filtered ${object.reason}`;
      if (object.kind === 'held') return refusalOf(object.error);
      let outcome = 'accepted';
      for (let frame = 0; frame < Math.min(object.frames, 2); frame++)
        outcome = await outcomeOf(async () => {
          const { image } = await object.prepare(frame);
          // What leaves can be read by whoever gets it.
          await decodeImage(image.inline);
        });
      return outcome;
    },
    [Symbol.asyncDispose]: async () => {
      await intake.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
