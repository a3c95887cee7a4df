/** How a transfer syntax encodes attributes, and how it compresses pixels (PS3.5 annex A). */
export interface TransferSyntax {
  readonly uid: string;
  readonly name: string;
  readonly isExplicit: boolean;
  readonly isBigEndian?: boolean;
  readonly isDeflated?: boolean;
  /** Absent: native pixels. */
  readonly compression?: 'rle' | 'jpeg' | 'jpegLs' | 'jpeg2000' | 'htj2k';
}

export const IMPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2';
export const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';
export const DEFLATED_LITTLE_ENDIAN = '1.2.840.10008.1.2.1.99';
export const EXPLICIT_BIG_ENDIAN = '1.2.840.10008.1.2.2';

const compressed = (uid: string, name: string, compression: TransferSyntax['compression']): TransferSyntax => ({
  uid: `1.2.840.10008.1.2.${uid}`,
  name,
  isExplicit: true,
  compression,
});

/**
 * What is read, in the order in which it is preferred when a sender offers a choice. Who holds losslessly compressed
 * pixels can often not decompress them; lossy ones come last, lest somebody compresses for our sake.
 */
export const TRANSFER_SYNTAXES: readonly TransferSyntax[] = [
  compressed('4.80', 'JPEG-LS Lossless', 'jpegLs'),
  compressed('4.70', 'JPEG Lossless, first-order prediction', 'jpeg'),
  compressed('4.57', 'JPEG Lossless', 'jpeg'),
  compressed('4.201', 'HTJ2K Lossless', 'htj2k'),
  compressed('4.202', 'HTJ2K Lossless RPCL', 'htj2k'),
  compressed('4.90', 'JPEG 2000 Lossless', 'jpeg2000'),
  compressed('5', 'RLE Lossless', 'rle'),
  { uid: EXPLICIT_LITTLE_ENDIAN, name: 'Explicit VR Little Endian', isExplicit: true },
  { uid: DEFLATED_LITTLE_ENDIAN, name: 'Deflated Explicit VR Little Endian', isExplicit: true, isDeflated: true },
  { uid: IMPLICIT_LITTLE_ENDIAN, name: 'Implicit VR Little Endian', isExplicit: false },
  compressed('4.51', 'JPEG Extended (12 bit)', 'jpeg'),
  compressed('4.81', 'JPEG-LS Near-lossless', 'jpegLs'),
  compressed('4.91', 'JPEG 2000', 'jpeg2000'),
  compressed('4.203', 'HTJ2K', 'htj2k'),
  compressed('4.50', 'JPEG Baseline (8 bit)', 'jpeg'),
  { uid: EXPLICIT_BIG_ENDIAN, name: 'Explicit VR Big Endian', isExplicit: true, isBigEndian: true },
];

const BY_UID = new Map(TRANSFER_SYNTAXES.map((syntax) => [syntax.uid, syntax]));

/** @returns undefined for a syntax that is not read, such as video or JPIP */
export const transferSyntax = (uid: string): TransferSyntax | undefined => BY_UID.get(uid);
