import { table } from '#libs/service';
import { isClean, type RoundOutcome, type Struck } from './outcome.js';

interface Recovery {
  p50: number;
  max: number;
}

/** Figures of one kind of fault, or of all: rounds with several kinds count for each. */
export interface KindSummary {
  times: number;
  lost: number;
  doubled: number;
  wrong: number;
  hung: number;
  failedPredictions: number;
  recoverySeconds: Recovery;
}

export interface LaboratorySummary extends Omit<KindSummary, 'times'> {
  rounds: number;
  faults: number;
  /** Rounds whose weights were compared bit for bit with a calm run. */
  compared: number;
  byFault: Record<string, KindSummary>;
  /** Kinds that were left out, and why. */
  skipped: Record<string, string>;
  seconds: number;
}

export function summarise(rounds: readonly RoundOutcome[], skipped: Record<string, string>): LaboratorySummary {
  const struck = rounds.flatMap(({ faults }) => faults);
  const kinds = [...new Set(struck.map(({ kind }) => kind))].sort();
  const { times, ...all } = summaryOf(rounds, struck);
  return {
    rounds: rounds.length,
    faults: times,
    ...all,
    compared: rounds.filter(({ isCompared }) => isCompared).length,
    byFault: Object.fromEntries(
      kinds.map((kind) => {
        const its = rounds.filter(({ faults }) => faults.some((fault) => fault.kind === kind));
        return [
          kind,
          summaryOf(
            its,
            struck.filter((fault) => fault.kind === kind),
          ),
        ];
      }),
    ),
    skipped,
    seconds: sum(rounds.map(({ seconds }) => seconds)),
  };
}

function summaryOf(rounds: readonly RoundOutcome[], struck: readonly Struck[]): KindSummary {
  const total = (count: (round: RoundOutcome) => number): number => sum(rounds.map(count));
  const recoveries = struck.flatMap(({ recoverySeconds }) => recoverySeconds ?? []).sort((a, b) => a - b);
  return {
    times: struck.length,
    lost: total(({ lost }) => lost),
    doubled: total(({ doubled }) => doubled),
    wrong: total(({ wrong }) => wrong),
    hung: total(({ hung }) => Number(hung)),
    failedPredictions: total(({ failedPredictions }) => failedPredictions),
    recoverySeconds: { p50: recoveries[Math.floor(recoveries.length / 2)] ?? 0, max: recoveries.at(-1) ?? 0 },
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export const summaryJson = (summary: LaboratorySummary): string =>
  JSON.stringify(summary, (_, value: unknown) => (typeof value === 'number' ? Number(value.toFixed(2)) : value));

export function summaryTable({ byFault, skipped, ...all }: LaboratorySummary): string {
  const row = (name: string, of: KindSummary): string[] => [
    name,
    ...[of.times, of.lost, of.doubled, of.wrong, of.hung, of.failedPredictions].map(String),
    of.recoverySeconds.p50.toFixed(1),
    of.recoverySeconds.max.toFixed(1),
  ];
  const header = ['fault', 'times', 'lost', 'doubled', 'wrong', 'hung', 'failed predictions', 'p50 s', 'max s'];
  const rows = [
    header,
    ...Object.entries(byFault).map(([kind, its]) => row(kind, its)),
    row('all', { ...all, times: all.faults }),
  ];
  return [
    ...table(rows, new Set(header.map((_, column) => column).slice(1))),
    `${all.rounds} rounds in ${all.seconds.toFixed(0)} s, ${all.compared} of them compared bit for bit`,
    ...Object.entries(skipped).map(([kind, reason]) => `${kind} skipped: ${reason}`),
  ].join('\n');
}

/** A round in a line, and what is wrong with it. */
export function describeRound(round: RoundOutcome, rerun: (round: RoundOutcome) => string): string {
  const faults = round.faults.map(
    ({ kind, target, moment, recoverySeconds = NaN }) =>
      `${kind} ${target}${moment ? ` (${moment})` : ''} ${recoverySeconds.toFixed(1)} s`,
  );
  const verdict = isClean(round) ? 'ok' : 'FAILED';
  const told = [...(faults.length > 0 ? faults : ['no fault']), ...(round.note ? [round.note] : [])].join(', ');
  const line = `seed ${round.seed}: ${verdict} in ${round.seconds.toFixed(0)} s: ${told}`;
  if (isClean(round)) return line;
  return [
    line,
    ...round.problems.map((problem) => `  ${problem}`),
    ...(round.kept ? [`  logs and state: ${round.kept}`] : []),
    `  again: ${rerun(round)}`,
  ].join('\n');
}
