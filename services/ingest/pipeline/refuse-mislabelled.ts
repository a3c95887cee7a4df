import { SulcusError } from '#libs/errors';
import { FORMAT_EXTENSIONS, IMAGE_EXTENSIONS, isMislabelled, type ImageFormat } from '#libs/imaging';

/**
 * A wrong ending tells of a broken export: which of the two is true, only its sender knows.
 *
 * @param source the file's name or path
 * @throws IMAGE_UNSUPPORTED when the name ends as another image format
 */
export function refuseMislabelled(source: string, format: ImageFormat): void {
  const extension = /\.([^./\\]+)$/.exec(source)?.[1]?.toLowerCase() ?? '';
  if (!IMAGE_EXTENSIONS.includes(extension) || !isMislabelled(source, format)) return;
  throw new SulcusError(
    'IMAGE_UNSUPPORTED',
    `The name ends in .${extension} and the content is ${format.toUpperCase()}: ` +
      `rename it to .${FORMAT_EXTENSIONS[format][0]}, or set SULCUS_ACCEPT_MISLABELLED=true`,
    { details: { extension, format } },
  );
}
