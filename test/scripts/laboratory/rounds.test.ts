import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPipelineKind } from '../../../scripts/laboratory/faults/fault.js';
import { FAULT_KINDS } from '../../../scripts/laboratory/faults/kinds.js';
import { runLaboratory } from '../../../scripts/laboratory/laboratory.js';
import { isClean } from '../../../scripts/laboratory/outcome.js';
import { describeRound } from '../../../scripts/laboratory/report.js';

/** A round for each, with nothing but it. `npm run test:faults` makes all kinds, several in a round. */
const NAMES = ['kill', 'kill-engine', 'pause', 'cut', 'duplicate'];
const KINDS = FAULT_KINDS.filter(isPipelineKind).filter(({ name }) => NAMES.includes(name));
const EPOCHS = 4;

test('five rounds of the fault laboratory lose nothing, double nothing, change no bit, fail no request', async () => {
  const outcomes = await runLaboratory({
    kinds: KINDS,
    rounds: KINDS.length,
    seed: 1,
    epochs: EPOCHS,
    servers: 1,
    settings: { faults: 1 },
    tell: () => undefined,
    onRound: () => undefined,
  });
  const again = ({ seed }: { seed: number }): string =>
    `npm run test:faults -- --rounds 1 --seed ${seed} --epochs ${EPOCHS} --faults 1 --only ${NAMES.join(',')}`;
  assert.deepEqual(
    outcomes.filter((outcome) => !isClean(outcome)).map((outcome) => describeRound(outcome, again)),
    [],
  );
  // Where a run is at its end early there may be nothing left to aim at.
  const struck = outcomes.flatMap(({ faults }) => faults);
  assert.ok(struck.length > KINDS.length / 2, `only ${struck.length} faults struck`);
});
