import type { Keyword } from '#libs/dicom';

/**
 * What may leave the site: everything else stays (PS3.15 annex E, fails closed). No free text is among it: numbers are
 * read and written anew, words must be among those listed here, tables are cut to their entries.
 */

/** Numbers, written as text or binary. */
export const KEPT_NUMBERS: readonly Keyword[] = [
  'SliceThickness',
  'KVP',
  'RepetitionTime',
  'EchoTime',
  'InversionTime',
  'NumberOfAverages',
  'ImagingFrequency',
  'EchoNumbers',
  'MagneticFieldStrength',
  'SpacingBetweenSlices',
  'NumberOfPhaseEncodingSteps',
  'EchoTrainLength',
  'PercentSampling',
  'PercentPhaseFieldOfView',
  'PixelBandwidth',
  'ReconstructionDiameter',
  'GantryDetectorTilt',
  'TableHeight',
  'XRayTubeCurrent',
  'ImagerPixelSpacing',
  'AcquisitionMatrix',
  'FlipAngle',
  'DiffusionBValue',
  'SeriesNumber',
  'AcquisitionNumber',
  'InstanceNumber',
  'ImagePositionPatient',
  'ImageOrientationPatient',
  'TemporalPositionIdentifier',
  'NumberOfTemporalPositions',
  'SliceLocation',
  'SamplesPerPixel',
  'PlanarConfiguration',
  'Rows',
  'Columns',
  'PixelSpacing',
  'PixelAspectRatio',
  'BitsAllocated',
  'BitsStored',
  'HighBit',
  'PixelRepresentation',
  'PixelPaddingValue',
  'PixelPaddingRangeLimit',
  'WindowCenter',
  'WindowWidth',
  'RescaleIntercept',
  'RescaleSlope',
  'LossyImageCompressionRatio',
];

const words = (text: string): readonly string[] => text.split(' ');

/** Words, with all that are let through; another one is left out. */
export const KEPT_WORDS: Readonly<Partial<Record<Keyword, readonly string[]>>> = {
  ImageType: words(
    'ORIGINAL DERIVED PRIMARY SECONDARY OTHER AXIAL LOCALIZER MPR PROJECTION M P R I FFE SE IR M_FFE M_SE M_IR ND ' +
      'NORM DIS2D DIS3D FM FS SUB MIP DIFFUSION ADC TRACE TRACEW FA T1 T2 T2_STAR PROTON_DENSITY PERFUSION NONE ' +
      'REFORMATTED MIXED VOLUME STANDARD',
  ),
  Modality: words('MR CT PT NM CR DX MG'),
  BodyPartExamined: words(
    'HEAD BRAIN SKULL NECK HEADNECK SPINE CSPINE TSPINE LSPINE CHEST THORAX HEART ABDOMEN PELVIS LIVER KIDNEY BREAST ' +
      'PROSTATE SHOULDER ELBOW HAND WRIST HIP KNEE ANKLE FOOT LEG ARM ORBIT WHOLEBODY EXTREMITY',
  ),
  ScanningSequence: words('SE IR GR EP RM'),
  SequenceVariant: words('SK MTC SS TRSS SP MP OSP NONE'),
  ScanOptions: words('PER RG CG PPG FC PFF PFP SP FS IR HELICAL AXIAL NONE'),
  MRAcquisitionType: words('2D 3D'),
  ImagedNucleus: words('1H 3HE 7LI 13C 19F 23NA 31P 129XE'),
  InPlanePhaseEncodingDirection: words('ROW COL'),
  PatientPosition: words('HFP HFS HFDR HFDL FFP FFS FFDR FFDL'),
  ViewPosition: words('AP PA LL RL RLD LLD RLO LLO CC MLO ML LM'),
  Laterality: words('R L'),
  ImageLaterality: words('R L U B'),
  PhotometricInterpretation: ['MONOCHROME1', 'MONOCHROME2', 'RGB', 'PALETTE COLOR'],
  VOILUTFunction: words('LINEAR LINEAR_EXACT SIGMOID'),
  RescaleType: words('HU US OD'),
  LossyImageCompression: words('00 01'),
  LossyImageCompressionMethod: words('ISO_10918_1 ISO_14495_1 ISO_15444_1 ISO_15444_15'),
  ModalityLUTType: words('HU US OD'),
};

/** Makers whose images differ, by what their names begin with; others are not named. */
export const MAKERS: readonly (readonly [start: string, name: string])[] = [
  ['SIEMENS', 'SIEMENS'],
  ['GE ', 'GE MEDICAL SYSTEMS'],
  ['GENERAL ELECTRIC', 'GE MEDICAL SYSTEMS'],
  ['PHILIPS', 'PHILIPS'],
  ['CANON', 'CANON'],
  ['TOSHIBA', 'TOSHIBA'],
  ['HITACHI', 'HITACHI'],
  ['FUJI', 'FUJIFILM'],
  ['UNITED IMAGING', 'UIH'],
  ['UIH', 'UIH'],
  ['ESAOTE', 'ESAOTE'],
  ['HYPERFINE', 'HYPERFINE'],
];

/** Identifiers that become others, the same each time, so that images go on to belong together. */
export const MAPPED_UIDS: readonly Keyword[] = [
  'SOPInstanceUID',
  'StudyInstanceUID',
  'SeriesInstanceUID',
  'FrameOfReferenceUID',
];

/** Dates that are moved, all of a patient by the same number of days. Times stay at the site. */
export const SHIFTED_DATES: readonly Keyword[] = ['StudyDate', 'SeriesDate', 'AcquisitionDate', 'ContentDate'];

/** What an object must have, and may have empty (type 2). */
export const EMPTIED: readonly Keyword[] = [
  'StudyTime',
  'AccessionNumber',
  'ReferringPhysicianName',
  'PatientBirthDate',
  'PatientSex',
  'StudyID',
  'PositionReferenceIndicator',
];

/** Tables of numbers. */
export const KEPT_TABLES: readonly Keyword[] = ['ModalityLUTSequence', 'VOILUTSequence'];
