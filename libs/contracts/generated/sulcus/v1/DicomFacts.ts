// Original file: proto/sulcus/v1/scan.proto


/**
 * What the edge keeps of a DICOM header, as codes, beside what travels in the object itself.
 */
export interface DicomFactsInput {
  /**
   * For example "MR".
   */
  'modality'?: (string);
  /**
   * "axial", "coronal", "sagittal" or "oblique", or empty when the header does not say.
   */
  'plane'?: (string);
  /**
   * "T1", "T1c", "T2", "T2*", "FLAIR", "PD", "DWI", "ADC" or "other"; empty for modalities other than MR.
   */
  'sequence'?: (string);
  /**
   * Body part examined, one of DICOM's defined terms, or empty.
   */
  'bodyPart'?: (string);
  /**
   * Series instance UID, mapped.
   */
  'seriesId'?: (string);
  /**
   * Place along the normal of the plane, in mm: slices of a series are in this order.
   */
  'positionMm'?: (number | string);
  /**
   * How measured values became grey: "voi-lut", "window", "percentile", "min-max" or "colour".
   */
  'windowRule'?: (string);
  /**
   * For rule "percentile": the measured values of the series, up to and with this slice, that would become black and
   * white. Models see the window of the image alone.
   */
  'windowLow'?: (number | string);
  /**
   * See window_low.
   */
  'windowHigh'?: (number | string);
  /**
   * Tells which key made pseudonyms, UIDs and dates.
   */
  'pseudonymKey'?: (string);
  '_positionMm'?: "positionMm";
  '_windowLow'?: "windowLow";
  '_windowHigh'?: "windowHigh";
}

/**
 * What the edge keeps of a DICOM header, as codes, beside what travels in the object itself.
 */
export interface DicomFacts {
  /**
   * For example "MR".
   */
  'modality': (string);
  /**
   * "axial", "coronal", "sagittal" or "oblique", or empty when the header does not say.
   */
  'plane': (string);
  /**
   * "T1", "T1c", "T2", "T2*", "FLAIR", "PD", "DWI", "ADC" or "other"; empty for modalities other than MR.
   */
  'sequence': (string);
  /**
   * Body part examined, one of DICOM's defined terms, or empty.
   */
  'bodyPart': (string);
  /**
   * Series instance UID, mapped.
   */
  'seriesId': (string);
  /**
   * Place along the normal of the plane, in mm: slices of a series are in this order.
   */
  'positionMm'?: (number);
  /**
   * How measured values became grey: "voi-lut", "window", "percentile", "min-max" or "colour".
   */
  'windowRule': (string);
  /**
   * For rule "percentile": the measured values of the series, up to and with this slice, that would become black and
   * white. Models see the window of the image alone.
   */
  'windowLow'?: (number);
  /**
   * See window_low.
   */
  'windowHigh'?: (number);
  /**
   * Tells which key made pseudonyms, UIDs and dates.
   */
  'pseudonymKey': (string);
  '_positionMm'?: "positionMm";
  '_windowLow'?: "windowLow";
  '_windowHigh'?: "windowHigh";
}
