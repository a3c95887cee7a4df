import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { subjects } from '#libs/bus';
import { codecs, type LabelEvent } from '#libs/contracts';
import { createClient } from '#libs/rpc';
import { isCode } from '../../helpers/errors.js';
import { until } from '../../helpers/until.js';
import { atEnd, samplesOnScans, startSite, uploads, type Core } from './_edge.js';

async function labelsAt({ bus }: Core): Promise<LabelEvent[]> {
  const labels: LabelEvent[] = [];
  if ((await bus.statsOf('LABELS')).messages === 0) return labels;
  const following = { stream: 'LABELS', codec: codecs.LabelEvent, signal: AbortSignal.timeout(5_000) } as const;
  for await (const { message, pending } of bus.follow(following)) {
    labels.push(message!);
    if (pending === 0) break;
  }
  return labels;
}

const annotationOf = (studyId: string, label: string) => ({ target: 'studyId', studyId, label }) as const;

describe('labels at an edge', () => {
  test('reach the core under the pseudonym of their study, and those of samples under their ids', async (t) => {
    const site = await startSite(t);
    const [image] = await uploads(1);
    for await (const _ of site.client.uploadImagesAcked([{ ...image!, label: '', studyId: '1.2.3.4' }]));
    await until(async () => (await samplesOnScans(site.core.bus)).length === 1, 'the sample at the core');
    const [sampleId] = await samplesOnScans(site.core.bus);
    const sample = { target: 'sampleId', sampleId, label: 'meningioma' } as const;
    const { accepted } = await site.client.annotate({ annotations: [annotationOf('1.2.3.4', 'glioma'), sample] });
    assert.equal(accepted, 2);
    const { message: scan } = (await site.core.bus.getLast('SCANS', subjects.scan('north', sampleId!), codecs.Scan))!;
    assert.deepEqual(
      (await labelsAt(site.core)).map(({ studyId, sampleId: id, label, site: of }) => [studyId ?? id, label, of]),
      [
        [scan.studyId, 'glioma', 'north'],
        [sampleId, 'meningioma', 'north'],
      ],
    );
  });

  test('wait for nobody: while the core is away, or lacks samples of the site, the sender is told', async (t) => {
    const site = await startSite(t);
    await assert.rejects(
      site.client.annotate({ annotations: [annotationOf('1.2.3.4', 'glioma')] }),
      isCode('NOT_FOUND', /site north/),
    );
    await assert.rejects(site.client.annotate({ annotations: [{ label: 'glioma' }] }), isCode('INVALID_ARGUMENT'));
    await site.core.stop();
    await assert.rejects(
      site.client.annotate({ annotations: [annotationOf('1.2.3.4', 'glioma')] }),
      isCode('SERVICE_UNAVAILABLE'),
    );
    assert.deepEqual(await labelsAt(site.core), []);
  });

  test('are taken from a site for its own targets alone, and only by pseudonym', async (t) => {
    const { core } = await startSite(t);
    const client = createClient('Ingest', `127.0.0.1:${core.port}`, { security: await core.securityOf('north') });
    atEnd(t, () => client.close());
    const asks = (site: string, target: object) =>
      client.annotate({ site, annotations: [{ label: 'glioma', ...target }] });
    await assert.rejects(asks('', annotationOf('1.2.3.4', 'glioma')), isCode('PERMISSION_DENIED', /site "core"/));
    await assert.rejects(asks('south', annotationOf('1.2.3.4', 'glioma')), isCode('PERMISSION_DENIED'));
    await assert.rejects(asks('north', annotationOf('1.2.3.4', 'glioma')), isCode('INVALID_ARGUMENT', /made there/));
    const foreign = { target: 'studyPseudonym', studyPseudonym: `south-${'0'.repeat(20)}` } as const;
    await assert.rejects(asks('north', foreign), isCode('INVALID_ARGUMENT', /no pseudonym of the site "north"/));
  });
});
