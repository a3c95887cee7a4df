/** What a run has cost so far. */
export interface RunCost {
  /** Since the launcher began to start the pipeline; a run that is gone on with counts from there again. */
  seconds: number;
  /** As `--price-per-hour` says, in a currency of its own. */
  pricePerHour: number;
  /** In the same currency. */
  amount: number;
}

/** @param elapsedMs milliseconds that the machine was used for */
export function costOf(elapsedMs: number, pricePerHour: number): RunCost {
  const seconds = Math.round(elapsedMs) / 1000;
  return { seconds, pricePerHour, amount: (seconds / 3600) * pricePerHour };
}

/** For example `0.13 (624 s at 0.736 per hour)`; small amounts with as many digits as tell them apart from nothing. */
export function describeCost({ seconds, pricePerHour, amount }: RunCost): string {
  const shown = amount >= 0.1 || amount === 0 ? amount.toFixed(2) : amount.toPrecision(2);
  return `${shown} (${Math.round(seconds)} s at ${pricePerHour} per hour)`;
}
