import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { datesOf, isOpen, readPullRules } from '#services/ingest';
import { isCode } from '../../../helpers/errors.js';
import { startOrthanc, withoutOrthanc, type Orthanc } from '../../../helpers/orthanc.js';
import { until } from '../../../helpers/until.js';
import { readEvents, readScans, startHarness, startService } from '../_ingest.js';
import { RULE, rulesFile, rulesOf, sliceOf } from './_rules.js';

const rulesFor = ({ dicomweb }: Pick<Orthanc, 'dicomweb'>, rule: object = {}): object => rulesOf({ dicomweb }, rule);

describe('pulling from a PACS over DICOMweb', { skip: withoutOrthanc }, () => {
  test('fetches what the rule asks for and nothing else; late slices follow, nothing is fetched twice', async (t) => {
    const orthanc = await startOrthanc(t);
    for (const seed of [1, 2, 3]) await orthanc.add(sliceOf(seed));
    const other = { StudyInstanceUID: '1.2.3.7', SeriesInstanceUID: '1.2.3.8' };
    await orthanc.add(sliceOf(10, { ...other, StudyDate: '20200101' }));
    await orthanc.add(sliceOf(11, { SeriesInstanceUID: '1.2.3.9', BodyPartExamined: 'KNEE' }));
    await orthanc.add(sliceOf(12, { SeriesInstanceUID: '1.2.3.10', Modality: 'CT' }));
    const harness = await startHarness(t, { SULCUS_PULL_RULES: await rulesFile(t, rulesFor(orthanc)) });
    await startService(t, harness);
    await until(async () => (await readScans(harness.bus)).length === 3, 'three slices');
    await orthanc.add(sliceOf(4));
    await until(async () => (await readScans(harness.bus)).length === 4, 'the late slice');
    const pulled = () => harness.logged.filter(({ msg }) => msg === 'pulled').length;
    await until(() => pulled() === 2, 'both looks');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.equal(pulled(), 2);
    assert.equal((await readScans(harness.bus)).length, 4);
  });

  test('goes on after a restart of either side where it stopped', async (t) => {
    const orthanc = await startOrthanc(t);
    for (const seed of [1, 2]) await orthanc.add(sliceOf(seed));
    const rules = { SULCUS_PULL_RULES: await rulesFile(t, rulesFor(orthanc)) };
    const harness = await startHarness(t, rules);
    const { service } = await startService(t, harness);
    await until(async () => (await readScans(harness.bus)).length === 2, 'two slices');
    await orthanc.stop();
    await until(() => harness.logged.some(({ msg }) => /could not be asked/.test(msg)), 'an archive that is away');
    await service.stop(0);
    await orthanc.start();
    await orthanc.add(sliceOf(5, { SeriesInstanceUID: '1.2.3.50' }));
    harness.logged.length = 0;
    await startService(t, harness);
    await until(async () => (await readScans(harness.bus)).length === 3, 'the new slice');
    // Of the series that was fetched before nothing came again.
    const progress = (await readEvents(harness.bus)).flatMap(({ ingest }) => ingest ?? []);
    assert.equal(Math.max(...progress.map(({ duplicates }) => duplicates)), 0);
  });

  test('outside of its hours a rule fetches nothing', async (t) => {
    const orthanc = await startOrthanc(t);
    await orthanc.add(sliceOf(1));
    const hour = (offset: number): string => {
      const at = new Date(Date.now() + offset * 3_600_000);
      return `${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}`;
    };
    const closed = await rulesFile(t, rulesFor(orthanc, { between: [hour(2), hour(4)] }));
    const harness = await startHarness(t, { SULCUS_PULL_RULES: closed });
    await startService(t, harness);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.equal((await readScans(harness.bus)).length, 0);
  });
});

describe('rules for pulling', () => {
  test('hours may go over midnight; dates are those of the days before, too', () => {
    const at = (time: string): Date => new Date(`2026-03-01T${time}:00`);
    const night = { between: ['22:00', '06:00'] as [string, string] };
    assert.deepEqual(
      ['21:59', '22:00', '03:00', '05:59', '06:00'].map((time) => isOpen(night, at(time))),
      [...[false, true, true, true, false]],
    );
    const day = { between: ['08:00', '17:30'] as [string, string] };
    assert.deepEqual(
      ['07:59', '08:00', '17:29', '17:30'].map((time) => isOpen(day, at(time))),
      [false, true, true, false],
    );
    assert.equal(isOpen({}, at('12:00')), true);
    assert.equal(datesOf({ days: 0 }, at('12:00')), '20260301-20260301');
    assert.equal(datesOf({ days: 1 }, at('00:10')), '20260228-20260301');
  });

  test('a file that is wrong is refused with every mistake', async (t) => {
    const file = await rulesFile(t, {
      peers: { pacs: { dicomweb: 'ftp://pacs' } },
      rules: [{ ...RULE, peer: 'other', modality: 'mr', between: ['25:00', '06:00'], atOnce: 0 }],
    });
    assert.throws(
      () => readPullRules(file),
      isCode('INVALID_CONFIG', /peers\.pacs\.dicomweb.*rules\.0\.modality.*rules\.0\.between\.0.*rules\.0\.atOnce/),
    );
    const unknown = await rulesFile(t, { peers: {}, rules: [RULE] });
    assert.throws(() => readPullRules(unknown), isCode('INVALID_CONFIG', /there is no peer "pacs"/));
    assert.throws(() => readPullRules('/nowhere.json'), isCode('INVALID_CONFIG', /cannot be read/));
  });
});
