import type { WriteStream } from 'node:tty';
import { renderFrame, renderLine, type Snapshot } from './frame.js';

const FRAME_INTERVAL_MS = 250;
const LINE_INTERVAL_MS = 5000;

/** Control sequences of ECMA-48 terminals. */
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const CLEAR_LINE_END = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';
const cursorUp = (lines: number): string => (lines > 0 ? `\x1b[${lines}A` : '');

export interface View {
  /** Prints a line that stays, above the moving picture. */
  note(text: string): void;
  /** Prints a line where there is no picture that shows the same. */
  line(text: string): void;
  /** Draws a last time and gives the terminal back. */
  close(): void;
}

/** A terminal may not know its size: those of containers and of other programs say 0. */
const USUAL_COLUMNS = 80;
const USUAL_ROWS = 24;

/**
 * Shows a snapshot again and again. On a terminal the picture is drawn over itself, in one write a frame so that
 * nothing flickers; elsewhere, on a terminal that cannot move its cursor (`TERM=dumb`), or with `live` false, a line is
 * printed every few seconds when something changed.
 */
export function startView(
  snapshot: () => Snapshot,
  output: WriteStream,
  live: boolean,
  environment: NodeJS.ProcessEnv = process.env,
): View {
  return live && output.isTTY && environment['TERM'] !== 'dumb'
    ? new TerminalView(snapshot, output)
    : new LineView(snapshot, output);
}

class TerminalView implements View {
  readonly #snapshot: () => Snapshot;
  readonly #output: WriteStream;
  readonly #timer: NodeJS.Timeout;
  #drawnLines = 0;

  constructor(snapshot: () => Snapshot, output: WriteStream) {
    this.#snapshot = snapshot;
    this.#output = output;
    output.write(HIDE_CURSOR);
    output.on('resize', this.#onResize);
    // An early exit must not leave the terminal without a cursor.
    process.once('exit', this.#showCursor);
    this.#timer = setInterval(() => this.#draw(), FRAME_INTERVAL_MS);
    this.#draw();
  }

  note(text: string): void {
    this.#output.write(`${cursorUp(this.#drawnLines)}\r${CLEAR_BELOW}${text}\n`);
    this.#drawnLines = 0;
    this.#draw();
  }

  line(): void {}

  close(): void {
    clearInterval(this.#timer);
    this.#draw();
    this.#output.off('resize', this.#onResize);
    process.off('exit', this.#showCursor);
    this.#showCursor();
  }

  /** The terminal has wrapped what it showed: its lines cannot be counted any more. */
  readonly #onResize = (): void => {
    this.#output.write('\x1b[2J\x1b[H');
    this.#drawnLines = 0;
    this.#draw();
  };

  readonly #showCursor = (): void => void this.#output.write(SHOW_CURSOR);

  #draw(): void {
    // The last column and the last row stay free: writing there scrolls some terminals.
    const { columns, rows } = this.#output;
    const lines = renderFrame(this.#snapshot(), Math.max(20, (columns || USUAL_COLUMNS) - 1)).slice(
      0,
      Math.max(1, (rows || USUAL_ROWS) - 1),
    );
    this.#output.write(
      `${cursorUp(this.#drawnLines)}\r${lines.map((line) => `${line}${CLEAR_LINE_END}\n`).join('')}${CLEAR_BELOW}`,
    );
    this.#drawnLines = lines.length;
  }
}

class LineView implements View {
  readonly #snapshot: () => Snapshot;
  readonly #output: WriteStream;
  readonly #timer: NodeJS.Timeout;
  #lastFacts = '';

  constructor(snapshot: () => Snapshot, output: WriteStream) {
    this.#snapshot = snapshot;
    this.#output = output;
    this.#timer = setInterval(() => this.#print(), LINE_INTERVAL_MS);
  }

  note(text: string): void {
    this.#output.write(`${text}\n`);
  }

  line(text: string): void {
    this.note(text);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#print();
  }

  #print(): void {
    const line = renderLine(this.#snapshot());
    const facts = line.slice(line.indexOf(' '));
    if (facts === this.#lastFacts) return;
    this.#lastFacts = facts;
    this.#output.write(`${line}\n`);
  }
}
