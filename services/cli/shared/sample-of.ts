import { existsSync } from 'node:fs';
import path from 'node:path';
import { SulcusError } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import { readImageFile, readImportConfig, SampleNames } from '#services/ingest';

const SAMPLE_ID = /^[0-9a-f]{64}$/;

/** Names samples for commands: by their identity, or by the image file, wherever that lies. Nothing of it is sent. */
export class SampleFinder implements AsyncDisposable {
  readonly #config = readImportConfig();
  readonly #names: SampleNames;

  constructor(log: Logger) {
    this.#names = new SampleNames(this.#config, log);
  }

  /**
   * The sample that is meant; of a DICOM file those of its frames.
   *
   * @param target an identity, or a file
   * @param folder that a file is relative to
   * @throws FILE_UNREADABLE for what is neither, IMAGE_UNSUPPORTED for a DICOM object that does not leave the site
   */
  async find(target: string, folder = ''): Promise<string[]> {
    if (SAMPLE_ID.test(target.toLowerCase())) return [target.toLowerCase()];
    const bytes = await readImageFile(path.resolve(folder, target), this.#config.maxFileBytes).catch(
      (error: unknown) => {
        const { code, rawMessage } = SulcusError.from(error);
        const expected = `"${target}" is neither a sample (64 hexadecimal digits) nor a file that can be read`;
        throw new SulcusError(code, `${expected}: ${rawMessage}`, { cause: error });
      },
    );
    return this.#names.of(bytes, target);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#names[Symbol.asyncDispose]();
  }
}

/**
 * An operand that may be the name of an image file: the identity of its sample then, else the operand as it is.
 *
 * @throws INVALID_ARGUMENT for a DICOM file of several frames, which are several samples
 */
export async function sampleNamed(operand: string, log: Logger): Promise<string> {
  if (!existsSync(operand)) return operand;
  await using finder = new SampleFinder(log);
  const [sample, ...more] = await finder.find(operand);
  if (more.length === 0) return sample!;
  const samples = [sample, ...more].join(', ');
  throw new SulcusError('INVALID_ARGUMENT', `${operand} holds ${more.length + 1} frames, name one: ${samples}`);
}
