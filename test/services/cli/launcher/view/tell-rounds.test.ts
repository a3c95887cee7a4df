import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Notifier } from '#libs/async';
import { codecs } from '#libs/contracts';
import { PipelineState } from '../../../../../services/cli/launcher/state/pipeline-state.js';
import { tellRounds } from '../../../../../services/cli/launcher/view/tell-rounds.js';

it('each validation, alarm and notable message gets a line, once; those from before the start none', async () => {
  const [state, changed, stop] = [new PipelineState(), new Notifier(), new AbortController()];
  const lines: string[] = [];
  const view = { note: () => undefined, line: (text: string) => void lines.push(text), close: () => undefined };
  const telling = tellRounds({ state, changed, view }, 1000, stop.signal);
  const apply = async (timeUnixMs: number, body: object): Promise<void> => {
    const event = codecs.PipelineEvent.encode({ service: 'trainer', instance: 'a', timeUnixMs, ...body });
    state.applyEvent(codecs.PipelineEvent.decode(event));
    changed.notify();
    await sleep(1);
  };
  const validation = { run: 'main', epoch: 0, samples: 50, loss: 0.5, accuracy: 0.8, version: '', promoted: false };
  await apply(10, { validation: { ...validation, step: 10 } });
  await apply(2000, { validation: { ...validation, step: 20, version: 'main-000002', promoted: true } });
  const reason = 'too few samples: 84 more needed (16 of 100); to use this version all the same, move the alias';
  await apply(2001, { validation: { ...validation, step: 30, version: 'main-000003', reason } });
  await apply(20, { state: { state: 'busy', message: 'went back to main-000001', notable: true } });
  await apply(2001, { state: { state: 'busy', message: 'learning from the stream' } });
  await apply(2002, { state: { state: 'busy', message: 'the network learns new classes', notable: true } });
  const waiting = { run: 'main', unlabelled: 2, unknownLabels: { astrocytoma: 3 }, newClassSamples: 50 };
  await apply(2002, { waiting });
  await apply(2002, { waiting: { ...waiting, unknownLabels: { astrocytoma: 4 } } });
  await apply(2002, { drift: { run: 'main', site: 'b', errorRateBefore: 0.1, answersSinceChange: 40, step: 31 } });
  await apply(2003, { training: { run: 'main', step: 32 } });
  stop.abort();
  await telling;
  assert.deepEqual(lines, [
    'validated at step 20: loss 0.5000, accuracy 80.0 % on 50 images; main-000002 is champion',
    'validated at step 30: loss 0.5000, accuracy 80.0 % on 50 images; main-000003 not promoted: ' +
      'too few samples: 84 more needed (16 of 100)',
    'trainer: the network learns new classes',
    '3 images of "astrocytoma", which is not in the class list: from 50 the network learns it',
    'ALARM: answers to new images of site b have become worse since about 40 images (10.0 % wrong before; step 31)',
  ]);
});
