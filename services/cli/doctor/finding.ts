/** `problem`: something cannot run as it is. `warning`: it runs, but not as well or not as one may expect. */
export type FindingStatus = 'ok' | 'warning' | 'problem';

/** One thing that was looked at. */
export interface Finding {
  /** For example `processor`: one word or two, the same on every machine. */
  readonly topic: string;
  readonly status: FindingStatus;
  /** What was found, one line. */
  readonly text: string;
  /** What to do about it. */
  readonly advice?: string;
  /** The same as values, for programs. */
  readonly facts?: Readonly<Record<string, unknown>>;
}

const SYMBOLS: Readonly<Record<FindingStatus, string>> = { ok: '✔', warning: '!', problem: '✖' };

/** Aligned lines: symbol, topic, what was found; advice below. Ends in a sentence about all of it. */
export function renderFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ topic }) => topic.length));
  const lines = findings.flatMap(({ status, topic, text, advice }) => [
    `${SYMBOLS[status]} ${topic.padEnd(width)}  ${text}`,
    ...(advice === undefined ? [] : [`  ${' '.repeat(width)}  → ${advice}`]),
  ]);
  const problems = findings.filter(({ status }) => status === 'problem').length;
  const verdict =
    problems === 0
      ? 'All that is needed is here.'
      : `${problems} ${problems === 1 ? 'thing prevents' : 'things prevent'} running.`;
  return `${[...lines, '', verdict].join('\n')}\n`;
}

/** Whether nothing prevents running. */
export const allWell = (findings: readonly Finding[]): boolean => findings.every(({ status }) => status !== 'problem');
