/**
 * Loaded into processes of a round (`node --import`): while the file `<SULCUS_LABORATORY_CLOCKS>/<process id>` is
 * there, the clock of this process is wrong by the milliseconds that it holds. Timers and performance.now() go on as
 * they do when a system's clock is set.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';

const LOOK_MS = 100;
const file = path.join(process.env.SULCUS_LABORATORY_CLOCKS ?? '/nowhere', String(process.pid));
const RealDate = Date;
let offsetMs = 0;

setInterval(() => {
  try {
    offsetMs = Number(readFileSync(file, 'utf8')) || 0;
  } catch {
    offsetMs = 0;
  }
}, LOOK_MS).unref();

globalThis.Date = class Date extends RealDate {
  /** @param {[]} given */
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + offsetMs);
    else super(...given);
  }

  static now() {
    return RealDate.now() + offsetMs;
  }
};
