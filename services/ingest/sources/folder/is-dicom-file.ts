import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { isDicom } from '#libs/dicom';

/** Whether a file begins as DICOM; false for one that cannot be read. */
export async function isDicomFile(file: string): Promise<boolean> {
  // Without waiting: a pipe that nobody writes to would be waited for forever.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  if (!handle) return false;
  try {
    if (!(await handle.stat()).isFile()) return false;
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(256), 0, 256, 0);
    return isDicom(buffer.subarray(0, bytesRead));
  } catch {
    return false;
  } finally {
    await handle.close();
  }
}
