/** Encoded formats that are accepted. */
export type ImageFormat = 'jpeg' | 'png' | 'tiff' | 'webp' | 'dicom';

/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Pixels in memory: uint8, values 0-255, row-major, channels interleaved (axes [height, width, channel]).
 * One channel is grey, three are R, G, B.
 */
export interface RasterImage {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** `height * width * channels` bytes. */
  readonly data: Uint8Array;
}

/** An image decoded from a file, upright, with the format that its bytes are really in. */
export interface DecodedImage extends RasterImage {
  readonly format: ImageFormat;
  /** Upright size of the file's picture; larger than the image where a halved one was asked for and to be had. */
  readonly original: Size;
}
