import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { dataSetOf, shortsElement, tagOf, textElement, writeDicom, type Keyword } from '#libs/dicom';
import { SulcusError } from '#libs/errors';
import type { PhantomDataset, PhantomDatasetOptions } from './dataset.js';
import { PHANTOM_CLASSES, phantomPlane, renderPhantom, type PhantomClass } from './render.js';

const MR_IMAGE_STORAGE = '1.2.840.10008.5.1.4.1.1.4';
const FIELD_OF_VIEW_MM = 220;
const SLICE_MM = 5;

/** Directions of rows and columns, and which coordinate grows from slice to slice. */
const ORIENTATIONS = {
  axial: { directions: '1\\0\\0\\0\\1\\0', axis: 2 },
  coronal: { directions: '1\\0\\0\\0\\0\\-1', axis: 1 },
  sagittal: { directions: '0\\1\\0\\0\\0\\-1', axis: 0 },
} as const;

/**
 * Writes phantoms as DICOM studies, one for each patient, as a scanner would export them: a localizer, which nobody
 * wants, and a series of 12-bit slices in one plane. `manifest.csv` names label and patient of the slices. The same
 * options write the same bytes.
 *
 * @throws INVALID_ARGUMENT, STORAGE_FULL, FILE_UNREADABLE
 */
export async function writePhantomStudies(folder: string, options: PhantomDatasetOptions): Promise<PhantomDataset> {
  const { perClass, slicesPerPatient = 4, onProgress, signal } = options;
  const patientsPerClass = Math.ceil(perClass / slicesPerPatient);
  const rows = ['path,label'];
  const total = perClass * PHANTOM_CLASSES.length;
  try {
    for (const label of PHANTOM_CLASSES)
      for (let patient = 0; patient < patientsPerClass; patient++) {
        const study = studyOf(label, patient, options);
        const place = `${study.patientId}/${study.uid('study').slice(-8)}`;
        await mkdir(path.join(folder, place), { recursive: true });
        await writeFile(path.join(folder, place, 'LOC0001'), study.slice(0, 'LOCALIZER'));
        const slices = Math.min(slicesPerPatient, perClass - patient * slicesPerPatient);
        for (let slice = 0; slice < slices; slice++) {
          signal?.throwIfAborted();
          const name = `${place}/IM${String(slice + 1).padStart(4, '0')}`;
          await writeFile(path.join(folder, name), study.slice(slice));
          rows.push(`${name},${label}`);
          onProgress?.(rows.length - 1, total);
        }
      }
    await writeFile(path.join(folder, 'manifest.csv'), `${rows.join('\n')}\n`);
  } catch (error) {
    throw SulcusError.from(error);
  }
  return {
    folder,
    manifest: path.join(folder, 'manifest.csv'),
    classes: PHANTOM_CLASSES,
    images: total,
    patients: patientsPerClass * PHANTOM_CLASSES.length,
  };
}

function studyOf(label: PhantomClass, patient: number, { seed, sizePx = 192 }: PhantomDatasetOptions) {
  const number = String(patient).padStart(4, '0');
  const patientId = `PH-${label.toUpperCase()}-${number}`;
  const uid = (what: string): string => uidOf(`${seed} ${patientId} ${what}`);
  const { directions, axis } = ORIENTATIONS[phantomPlane({ class: label, seed, patient })];
  const date = new Date(Date.UTC(2024, 0, 1 + patient)).toISOString().slice(0, 10).replaceAll('-', '');

  const slice = (index: number, kind: 'LOCALIZER' | 'M' = 'M'): Buffer => {
    const series = kind === 'M' ? 2 : 1;
    const position = [-FIELD_OF_VIEW_MM / 2, -FIELD_OF_VIEW_MM / 2, -FIELD_OF_VIEW_MM / 2];
    position[axis] = index * SLICE_MM;
    if (axis !== 2) position[2] = FIELD_OF_VIEW_MM / 2;
    const texts: Partial<Record<Keyword, string>> = {
      SpecificCharacterSet: 'ISO_IR 100',
      ImageType: `ORIGINAL\\PRIMARY\\${kind}`,
      SOPClassUID: MR_IMAGE_STORAGE,
      SOPInstanceUID: uid(`series ${series} slice ${index}`),
      StudyDate: date,
      SeriesDate: date,
      StudyTime: '081500',
      AccessionNumber: `A${number}`,
      Modality: 'MR',
      Manufacturer: 'SULCUS PHANTOM',
      ReferringPhysicianName: '',
      SeriesDescription: kind === 'M' ? 't1 se + contrast' : 'localizer',
      PatientName: `Phantom^${label}^${number}`,
      PatientID: patientId,
      PatientBirthDate: `19${50 + (patient % 50)}0101`,
      PatientSex: 'O',
      BodyPartExamined: 'HEAD',
      ScanningSequence: 'SE',
      SequenceVariant: 'NONE',
      ScanOptions: '',
      MRAcquisitionType: '2D',
      SliceThickness: String(SLICE_MM),
      RepetitionTime: '600',
      EchoTime: '12',
      MagneticFieldStrength: '3',
      EchoTrainLength: '1',
      FlipAngle: '90',
      PatientPosition: 'HFS',
      StudyInstanceUID: uid('study'),
      SeriesInstanceUID: uid(`series ${series}`),
      StudyID: '1',
      SeriesNumber: String(series),
      InstanceNumber: String(index + 1),
      ImagePositionPatient: position.join('\\'),
      ImageOrientationPatient: directions,
      FrameOfReferenceUID: uid('frame of reference'),
      PositionReferenceIndicator: '',
      PhotometricInterpretation: 'MONOCHROME2',
      PixelSpacing: `${decimal(FIELD_OF_VIEW_MM / sizePx)}\\${decimal(FIELD_OF_VIEW_MM / sizePx)}`,
      WindowCenter: '2048',
      WindowWidth: '4096',
    };
    const { data } = renderPhantom({ class: label, seed, size: sizePx, patient, slice: index });
    const pixels = Buffer.alloc(2 * data.length);
    data.forEach((grey, at) => pixels.writeUInt16LE(16 * grey + 7, 2 * at));
    return writeDicom(
      dataSetOf([
        ...Object.entries(texts).map(([keyword, text]) => textElement(keyword as Keyword, text)),
        ...Object.entries({
          SamplesPerPixel: 1,
          Rows: sizePx,
          Columns: sizePx,
          BitsAllocated: 16,
          BitsStored: 12,
          HighBit: 11,
          PixelRepresentation: 0,
        }).map(([keyword, value]) => shortsElement(keyword as Keyword, [value])),
        { tag: tagOf('PixelData'), vr: 'OW', bytes: pixels },
      ]),
    );
  };
  return { patientId, uid, slice };
}

const decimal = (value: number): string => String(Number(value.toPrecision(8)));

/** A UUID-derived UID (PS3.5 annex B.2) that depends on what it names alone. */
function uidOf(what: string): string {
  const uuid = createHash('sha256').update(what).digest().subarray(0, 16);
  uuid[6] = (uuid[6]! & 0x0f) | 0x80;
  uuid[8] = (uuid[8]! & 0x3f) | 0x80;
  return `2.25.${BigInt(`0x${uuid.toString('hex')}`)}`;
}
