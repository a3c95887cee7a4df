/** Storage classes of images that are taken in, each with the class of its single frames (PS3.4 annex B.5). */
export const IMAGE_CLASSES: Readonly<Record<string, string>> = {
  '1.2.840.10008.5.1.4.1.1.1': '1.2.840.10008.5.1.4.1.1.1', // CR
  '1.2.840.10008.5.1.4.1.1.1.1': '1.2.840.10008.5.1.4.1.1.1.1', // DX for presentation
  '1.2.840.10008.5.1.4.1.1.1.2': '1.2.840.10008.5.1.4.1.1.1.2', // mammography for presentation
  '1.2.840.10008.5.1.4.1.1.2': '1.2.840.10008.5.1.4.1.1.2', // CT
  '1.2.840.10008.5.1.4.1.1.2.1': '1.2.840.10008.5.1.4.1.1.2', // enhanced CT
  '1.2.840.10008.5.1.4.1.1.2.2': '1.2.840.10008.5.1.4.1.1.2', // legacy converted enhanced CT
  '1.2.840.10008.5.1.4.1.1.4': '1.2.840.10008.5.1.4.1.1.4', // MR
  '1.2.840.10008.5.1.4.1.1.4.1': '1.2.840.10008.5.1.4.1.1.4', // enhanced MR
  '1.2.840.10008.5.1.4.1.1.4.4': '1.2.840.10008.5.1.4.1.1.4', // legacy converted enhanced MR
  '1.2.840.10008.5.1.4.1.1.128': '1.2.840.10008.5.1.4.1.1.128', // PET
  '1.2.840.10008.5.1.4.1.1.130': '1.2.840.10008.5.1.4.1.1.128', // enhanced PET
};

/** Secondary capture, of one frame and of several: whatever was on a screen. */
export const isSecondaryCapture = (sopClass: string): boolean =>
  /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.7(\.|$)/.test(sopClass);
