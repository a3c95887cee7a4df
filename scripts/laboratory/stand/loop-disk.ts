import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The launcher reserves sizes of streams and refuses a disk that is too small for them. */
const SIZE_BYTES = 8e9;
const FILLER = 'filler';

/** Asks ext4 to stop at once, and to forget what was not synced: what a power loss does (EXT4_IOC_SHUTDOWN). */
const SHUTDOWN = `import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack("I", 2))`;

const run = (program: string, ...words: string[]): void => {
  execFileSync(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
};

/**
 * A disk of our own: an ext4 file system in a file, mounted over the loop device. It can be filled without harm to the
 * machine, and lose its power without the machine's.
 */
export class LoopDisk implements Disposable {
  readonly #image: string;
  /** Where it is mounted. */
  readonly folder: string;

  /** Why there can be none on this machine; undefined when there can. */
  static unavailable(): string | undefined {
    if (process.getuid?.() !== 0) return 'a disk of its own can be mounted by root alone';
    const missing = ['/dev/loop-control'].filter((file) => !existsSync(file));
    return missing.length > 0 ? `there is no ${missing.join(' and no ')} here` : undefined;
  }

  /** @param folder for the image and the mount point; must not be on the disk itself */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.#image = path.join(folder, 'disk.img');
    this.folder = path.join(folder, 'disk');
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(this.#image, '');
    truncateSync(this.#image, SIZE_BYTES);
    run('mkfs.ext4', '-q', '-F', '-m', '0', '-E', 'lazy_itable_init=1,lazy_journal_init=1', this.#image);
    this.mount();
    process.once('exit', this.#release);
  }

  mount(): void {
    run('mount', '-o', 'loop', this.#image, this.folder);
  }

  /** Leaves not a byte free. */
  fill(): void {
    for (const [index, size] of ['64M', '1M', '64K', '4K'].entries())
      for (let part = 0; this.#allocates(`${FILLER}-${index}-${part}`, size); part++);
  }

  /** Makes room again. */
  free(): void {
    run('sh', '-c', `rm -f '${this.folder}/${FILLER}-'*`);
  }

  /** Takes the power away: nothing can be written or read any more, what was not synced is gone for ever. */
  cutPower(): void {
    run('python3', '-c', SHUTDOWN, this.folder);
  }

  unmount(): void {
    run('umount', this.folder);
  }

  [Symbol.dispose](): void {
    process.removeListener('exit', this.#release);
    this.#release();
  }

  readonly #release = (): void => {
    try {
      run('umount', '-l', this.folder);
    } catch {
      // It is not mounted.
    }
    rmSync(this.#image, { force: true });
  };

  #allocates(name: string, size: string): boolean {
    try {
      run('fallocate', '-l', size, path.join(this.folder, name));
      return true;
    } catch {
      return false;
    }
  }
}
