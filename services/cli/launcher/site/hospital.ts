import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseDicom } from '#libs/dicom';
import { SulcusError } from '#libs/errors';
import { PHANTOM_CLASSES, writePhantomStudies } from '#libs/imaging';
import { runsFolder } from '../../shared/paths.js';
import { preparePhantoms, type DataSet } from '../data-set.js';

/** Slices of a patient's series. */
const SLICES = 4;
const DEFAULT_PHANTOMS = 60;

/** A study in the hospital's files. */
export interface HospitalStudy {
  folder: string;
  /** Objects in it, the localizer included. */
  files: readonly string[];
  studyUid: string;
  patientId: string;
  /** What the phantom shows. */
  label: string;
}

/** Studies of phantoms, one of each patient: those of the past, and that of a patient who comes later. */
export interface Hospital {
  past: readonly HospitalStudy[];
  newPatient: HospitalStudy;
}

/** Phantoms as studies; they are a function of seed and number, and used again. */
export function hospitalDataSet({ phantoms, seed }: { phantoms?: number | undefined; seed: number }): DataSet {
  const perClass = phantoms ?? DEFAULT_PHANTOMS;
  const folder = path.join(runsFolder(), 'phantoms', `studies-${perClass}-by-${SLICES}-seed-${seed}`);
  const patients = PHANTOM_CLASSES.length * Math.ceil(perClass / SLICES);
  return {
    classes: [...PHANTOM_CLASSES].sort(),
    description: `a hospital of ${patients} patients with ${SLICES} slices each: phantoms, nobody's images`,
    prepare: (onProgress) =>
      preparePhantoms(folder, (draft) =>
        writePhantomStudies(draft, { perClass, seed, slicesPerPatient: SLICES, onProgress }),
      ),
  };
}

/**
 * What a hospital holds whose studies were written to a folder. The new patient is the last one with a finding.
 *
 * @param manifest of {@link writePhantomStudies}
 */
export function readHospital(manifest: string): Hospital {
  const root = path.dirname(manifest);
  const studies = new Map<string, HospitalStudy>();
  for (const row of readFileSync(manifest, 'utf8').trim().split('\n').slice(1)) {
    const [name = '', label = ''] = row.split(',');
    const folder = path.join(root, path.dirname(name));
    if (studies.has(folder)) continue;
    const { dataSet } = parseDicom(readFileSync(path.join(root, name)));
    studies.set(folder, {
      folder,
      files: readdirSync(folder)
        .sort()
        .map((file) => path.join(folder, file)),
      studyUid: dataSet.text('StudyInstanceUID'),
      patientId: dataSet.text('PatientID'),
      label,
    });
  }
  const all = [...studies.values()];
  const newPatient = all.findLast(({ label }) => label !== 'notumor');
  if (!newPatient) throw new SulcusError('INVALID_ARGUMENT', `${manifest} lists no study with a finding`);
  return { past: all.filter((study) => study !== newPatient), newPatient };
}
