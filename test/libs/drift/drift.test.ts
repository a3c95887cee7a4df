import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BernoulliCusum, DriftMonitor } from '#libs/drift';
import { createRandom } from '#libs/random';

/** Answers after the change until the alarm, sorted, over many streams; `Infinity` where none came in 5,000. */
function delays(accuracyBefore: number, accuracyAfter: number, streams: number): number[] {
  return Array.from({ length: streams }, (_, stream) => {
    const random = createRandom('drift delay', accuracyAfter, stream);
    const detector = new BernoulliCusum();
    for (let answer = 0; answer < 2000; answer++) detector.add(random.chance(1 - accuracyBefore));
    for (let answer = 1; answer <= 5000; answer++) if (detector.add(random.chance(1 - accuracyAfter))) return answer;
    return Infinity;
  }).sort((a, b) => a - b);
}

describe('the drift detector', () => {
  it('gives at most 0.3 false alarms in 10,000 answers', () => {
    let alarms = 0;
    const streams = 200;
    for (let stream = 0; stream < streams; stream++) {
      const random = createRandom('no drift', stream);
      const detector = new BernoulliCusum();
      for (let answer = 0; answer < 10_300; answer++) if (detector.add(random.chance(0.1))) alarms++;
    }
    assert.ok(alarms / streams <= 0.3, `${alarms} in ${streams} times 10,000`);
  });

  for (const [after, median, late] of [
    [0.8, 200, 600],
    [0.6, 45, 75],
    [0.3, 25, 35],
  ] as const) {
    it(`notices a fall from 90 to ${after * 100} % within ${median} answers (median), ${late} (95 %)`, () => {
      const sorted = delays(0.9, after, 400);
      assert.ok(sorted[200]! <= median, `median ${sorted[200]}`);
      assert.ok(sorted[380]! <= late, `95 % ${sorted[380]}`);
    });
  }

  it('does not take a slow fall for what is usual', () => {
    const random = createRandom('slow drift');
    const detector = new BernoulliCusum();
    const noticed = Array.from({ length: 6000 }, (_, answer) =>
      detector.add(random.chance(0.1 + Math.max(0, answer - 2000) / 20_000)),
    );
    assert.ok(noticed.some(Boolean));
  });

  it('names the site at which accuracy falls, one of four', () => {
    const random = createRandom('site drift');
    const monitor = new DriftMonitor();
    const alarms: { answer: number; stratum: string }[] = [];
    for (let answer = 0; answer < 12_000; answer++) {
      const site = `site-${answer % 4}`;
      const wrong = random.chance(site === 'site-2' && answer >= 8000 ? 0.35 : 0.1);
      for (const { stratum } of monitor.add({ site, label: `class-${random.integer(0, 3)}`, wrong })) {
        alarms.push({ answer, stratum });
      }
    }
    const sites = alarms.filter(({ answer, stratum }) => answer >= 8000 && stratum.startsWith('site:'));
    assert.equal(sites[0]?.stratum, 'site:site-2');
    assert.ok(sites[0].answer < 8400, `after ${sites[0].answer - 8000} answers, a quarter of them of that site`);
  });

  it('names a site that was never any good, once; one like the others gives at most 0.3 false alarms in 10,000', () => {
    let falseAlarms = 0;
    const delaysOfSite: number[] = [];
    const streams = 100;
    for (let stream = 0; stream < streams; stream++) {
      const random = createRandom('new site', stream);
      const monitor = new DriftMonitor();
      const named: number[] = [];
      for (let answer = 0; answer < 3000; answer++) {
        const site = answer < 1000 ? 'old' : ['old', 'new', 'noise'][answer % 3]!;
        const wrong = random.chance(site === 'noise' ? 0.75 : 0.2);
        for (const { stratum, isElsewhere } of monitor.add({ site, label: 'glioma', wrong })) {
          if (stratum === 'site:noise' && isElsewhere) named.push(answer);
          else if (stratum.startsWith('site:')) falseAlarms++;
        }
      }
      assert.equal(named.length, 1);
      delaysOfSite.push((named[0]! - 1000) / 3);
    }
    delaysOfSite.sort((a, b) => a - b);
    assert.ok(delaysOfSite[50]! <= 25, `median ${delaysOfSite[50]} answers of that site`);
    assert.ok(delaysOfSite.at(-1)! <= 200, `at most ${delaysOfSite.at(-1)}`);
    assert.ok((falseAlarms * 10_000) / (streams * 3000) <= 0.3, `${falseAlarms} in ${streams} times 3,000`);
  });

  it('watches on when a better model takes over: a fall soon after is noticed, and named', () => {
    const random = createRandom('promotions');
    const monitor = new DriftMonitor();
    const alarms: { answer: number; stratum: string }[] = [];
    for (let answer = 0; answer < 2800; answer++) {
      if (answer % 200 === 0) monitor.handOver();
      const site = `site-${answer % 4}`;
      const wrong = random.chance(site === 'site-1' && answer >= 2000 ? 0.7 : 0.2 - answer / 40_000);
      for (const { stratum } of monitor.add({ site, label: 'glioma', wrong })) alarms.push({ answer, stratum });
    }
    assert.ok(
      alarms.every(({ answer }) => answer >= 2000),
      'no false alarm',
    );
    const named = alarms.find(({ stratum }) => stratum.startsWith('site:'));
    assert.equal(named?.stratum, 'site:site-1');
    assert.ok(named.answer < 2000 + 4 * 40, `after ${named.answer - 2000} answers, a quarter of them of that site`);
  });

  it('goes on from its record as if it had never stopped', () => {
    const random = createRandom('record');
    const answers = Array.from({ length: 3000 }, (_, answer) => ({
      site: 'a',
      label: 'b',
      wrong: random.chance(answer < 2500 ? 0.1 : 0.5),
    }));
    const undisturbed = new DriftMonitor();
    const expected = answers.map((answer) => undisturbed.add(answer).length);
    let resumed = new DriftMonitor();
    const actual = answers.map((answer, index) => {
      if (index % 500 === 0) resumed = new DriftMonitor(undefined, structuredClone(resumed.toRecord()));
      return resumed.add(answer).length;
    });
    assert.deepEqual(actual, expected);
    assert.ok(expected.some((count) => count > 0));
  });

  it('watches a bounded number of sites and classes', () => {
    const monitor = new DriftMonitor();
    for (let site = 0; site < 10_000; site++) monitor.add({ site: `s${site}`, label: 'a', wrong: false });
    assert.ok(Object.keys(monitor.toRecord()).length <= 257);
  });
});
