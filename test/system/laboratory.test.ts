import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isPipelineKind } from '../../scripts/laboratory/faults/fault.js';
import { FAULT_KINDS } from '../../scripts/laboratory/faults/kinds.js';
import { runLaboratory } from '../../scripts/laboratory/laboratory.js';
import { isClean } from '../../scripts/laboratory/outcome.js';
import { describeRound } from '../../scripts/laboratory/report.js';

/** Kinds that need no disk of their own. */
const KINDS = FAULT_KINDS.filter(isPipelineKind).filter(({ needsDisk }) => !needsDisk);

const EPOCHS = 8;

describe('five rounds of the fault laboratory', { timeout: 290_000 }, () => {
  it('lose nothing, double nothing, change no bit, hang nowhere, fail no prediction', async () => {
    const outcomes = await runLaboratory({
      kinds: KINDS,
      rounds: 5,
      seed: 1,
      epochs: EPOCHS,
      settings: {},
      tell: () => undefined,
      onRound: () => undefined,
    });
    const failed = outcomes.filter((outcome) => !isClean(outcome));
    const names = KINDS.map(({ name }) => name).join(',');
    const again = ({ seed }: { seed: number }): string =>
      `npm run test:faults -- --rounds 1 --seed ${seed} --epochs ${EPOCHS} --only ${names}`;
    assert.deepEqual(
      failed.map((outcome) => describeRound(outcome, again)),
      [],
    );
    const struck = outcomes.flatMap(({ faults }) => faults);
    assert.ok(struck.length >= 5, `only ${struck.length} faults struck`);
  });
});
