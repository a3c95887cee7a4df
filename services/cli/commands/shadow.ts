import { Streams, subjects, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { parseCommandLine, table } from '#libs/service';
import { connectCommand } from '../shared/connect-command.js';
import { jsonOption, natsOption } from '../shared/options.js';
import { percent } from '../shared/percent.js';

const OPTIONS = { json: jsonOption(), nats: natsOption } as const;

/** How a shadow version compares with the one that answered, over all predictors that told of it. */
interface ShadowReport {
  liveVersion: string;
  shadowVersion: string;
  /** Images that both answered. */
  compared: number;
  agreed: number;
  /** Mean over compared images and classes, 0-1. */
  meanAbsoluteDifference: number;
  liveInferenceMs: number;
  shadowInferenceMs: number;
  dropped: number;
  failed: number;
  /** Compared images by the classes found most probable, most frequent first. */
  confusion: { liveClass: string; shadowClass: string; count: number }[];
}

/** `sulcus shadow`: what mirrored traffic has shown, from what predictors report. */
export async function main(argv: readonly string[]): Promise<void> {
  const description =
    'Tells how shadow versions answered beside those in service (SULCUS_SHADOW_ALIAS), as predictors have reported ' +
    'it since their start: events are kept for days, so are the figures.';
  const parsed = parseCommandLine({ name: 'sulcus shadow', description, options: OPTIONS }, argv);
  if (!parsed) return;
  const { json, nats } = parsed.options;
  await using bus = await connectCommand(nats, 'shadow');
  const reports = await readReports(bus);
  if (json) return console.log(JSON.stringify(reports));
  if (reports.length === 0) return console.log('No predictor has mirrored anything to a shadow version');
  const rows = reports.map((report) => [
    report.liveVersion,
    report.shadowVersion,
    String(report.compared),
    report.compared === 0 ? '' : percent(report.agreed / report.compared),
    report.meanAbsoluteDifference.toFixed(4),
    report.liveInferenceMs.toFixed(1),
    report.shadowInferenceMs.toFixed(1),
    String(report.dropped),
    String(report.failed),
  ]);
  const header = ['in service', 'shadow', 'images', 'agree', 'difference', 'ms', 'shadow ms', 'left out', 'failed'];
  console.log(table([header, ...rows], new Set([2, 3, 4, 5, 6, 7, 8])).join('\n'));
  for (const { shadowVersion, confusion } of reports)
    for (const { liveClass, shadowClass, count } of confusion.filter((each) => each.liveClass !== each.shadowClass))
      console.log(`${shadowVersion}: ${count} × ${liveClass} → ${shadowClass}`);
}

type Told = Omit<ShadowReport, 'confusion'> & { confusion: readonly ShadowReport['confusion'][number][] };

/** The newest that each predictor told of each pair of versions, added up by pair. */
async function readReports(bus: Bus): Promise<ShadowReport[]> {
  const { signal } = new AbortController();
  const subject = subjects.event('predictor');
  const followed = { stream: Streams.EVENTS, subject, codec: codecs.PipelineEvent, storedOnly: true, signal };
  const newest = new Map<string, Told>();
  if ((await bus.statsOf(Streams.EVENTS)).messages > 0)
    for await (const { message } of bus.follow(followed))
      if (message?.shadow) {
        const { liveVersion, shadowVersion } = message.shadow;
        newest.set(`${message.instance} ${liveVersion} ${shadowVersion}`, message.shadow);
      }
  const pairs = new Map<string, Told[]>();
  for (const told of newest.values()) {
    const key = `${told.liveVersion} ${told.shadowVersion}`;
    pairs.set(key, [...(pairs.get(key) ?? []), told]);
  }
  return [...pairs.values()].map(addedUp);
}

function addedUp(told: readonly Told[]): ShadowReport {
  const sum = (value: (each: Told) => number): number => told.reduce((total, each) => total + value(each), 0);
  const compared = sum((each) => each.compared);
  const mean = (value: (each: Told) => number): number =>
    compared === 0 ? 0 : sum((each) => value(each) * each.compared) / compared;
  const counts = new Map<string, ShadowReport['confusion'][number]>();
  for (const { liveClass, shadowClass, count } of told.flatMap(({ confusion }) => confusion)) {
    const key = JSON.stringify([liveClass, shadowClass]);
    counts.set(key, { liveClass, shadowClass, count: (counts.get(key)?.count ?? 0) + count });
  }
  return {
    liveVersion: told[0]!.liveVersion,
    shadowVersion: told[0]!.shadowVersion,
    compared,
    agreed: sum((each) => each.agreed),
    meanAbsoluteDifference: mean((each) => each.meanAbsoluteDifference),
    liveInferenceMs: mean((each) => each.liveInferenceMs),
    shadowInferenceMs: mean((each) => each.shadowInferenceMs),
    dropped: sum((each) => each.dropped),
    failed: sum((each) => each.failed),
    confusion: [...counts.values()].sort((left, right) => right.count - left.count),
  };
}
