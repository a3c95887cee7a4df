import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { timeLimit, untilAborted } from '#libs/async';
import type { StudyPrediction } from '#libs/contracts';
import { parseDicom } from '#libs/dicom';
import { SulcusError } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import { percent } from '../../shared/percent.js';
import { shownPath } from '../../shared/paths.js';
import { commandSpec } from '../pipeline/services.js';
import { SITE_TITLE } from '../pipeline/site-environment.js';
import { runToEnd } from '../processes/one-shot.js';
import { untilState, type Run } from '../run.js';
import { findPrediction, studyPseudonym } from '../site/find-prediction.js';
import { readHospital, type HospitalStudy } from '../site/hospital.js';
import { reportStudy } from '../site/report-study.js';
import { scan } from '../site/scanner.js';
import { summarise, type SiteResult } from '../summary.js';
import { costSoFar, showSummary } from './show-summary.js';

const STEPS = 7;
/** What takes longer will not come: a machine of two cores needs a minute for all of it. */
const STEP_TIMEOUT_MS = 20 * 60_000;

/** A run that plays a hospital. */
export interface SiteRun extends Run {
  /** The edge's data, where the way back is. */
  siteFolder: string;
  /** Where the results go. */
  resultsFolder: string;
  log: Logger;
}

/**
 * Plays a hospital: past studies come from its scanner and get reports, the stream trains, a new patient's study is
 * predicted, and a DICOM SR of it is made. Without `--once` everything goes on then, until the user stops it.
 */
export async function runSite(run: SiteRun): Promise<void> {
  const { options, state, client, signal, setPhase } = run;
  let result: SiteResult | undefined;
  try {
    result = await play(run);
    if (!options.once) {
      setPhase('running');
      await untilAborted(signal);
    }
  } catch (error) {
    if (options.once || !signal.aborted) throw error;
  }
  if (!options.once && options.json === undefined) return;
  const counts = { ...client.counts, lastVersion: client.lastVersion };
  showSummary(run, { ...summarise(state, counts, undefined, costSoFar(run)), ...(result && { site: result }) });
}

async function play(run: SiteRun): Promise<SiteResult> {
  const { view, dataSet, pipeline, log, siteFolder } = run;
  const { dicom, http } = pipeline.sitePorts!;
  const peer = { title: SITE_TITLE, host: '127.0.0.1', port: dicom };

  const { past, newPatient } = await step(run, 1, 'the hospital draws its phantoms', async (tell) =>
    readHospital(await dataSet.prepare((done, total) => tell(`${done} of ${total}`))),
  );
  let objects = 0;
  await step(run, 2, 'the scanner sends studies to the edge by C-STORE', async (tell, signal) => {
    for (const [index, study] of past.entries()) {
      objects += await scan(study, peer, signal);
      tell(`${index + 1} of ${past.length}`);
    }
    view.note(`  ${past.length} studies, ${objects} objects, localizers among them`);
  });
  await step(run, 3, 'reports with codes (FHIR) label the studies', async (tell, signal) => {
    for (const [index, study] of past.entries()) {
      await reportStudy(study, `127.0.0.1:${http}`, signal);
      tell(`${index + 1} of ${past.length}`);
    }
  });
  await step(run, 4, 'the stream trains, until a version answers', async (_tell, signal) => {
    pipeline.startTraining();
    await untilState(run, () => run.state.servedVersion !== '', signal);
    view.note(`  ${run.state.servedVersion} answers, ${run.state.training?.samples ?? 0} samples learned so far`);
  });
  const studyId = await studyPseudonym(newPatient.studyUid, siteFolder, log);
  await step(run, 5, `a new patient is scanned: ${newPatient.patientId}`, async (_tell, signal) => {
    await scan(newPatient, peer, signal);
    view.note(`  to the core the study is ${studyId}, without a label`);
  });
  const prediction = await step(run, 6, 'the study is complete when nothing follows, and predicted', (_tell, signal) =>
    findPrediction(pipeline.bus, studyId, signal),
  );
  view.note(`  ${describe(prediction)}; the phantom was drawn as ${newPatient.label}`);
  return await step(run, 7, 'the result is made where the register is, with the original UIDs', (_tell, signal) =>
    makeResult(run, newPatient, prediction, signal),
  );
}

/** Says which step is at work, and ends one that takes for ever. */
async function step<T>(
  { setPhase, view, signal, startedMs }: SiteRun,
  number: number,
  what: string,
  work: (tell: (progress: string) => void, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const name = `step ${number} of ${STEPS}: ${what}`;
  setPhase(name);
  view.note(`${((Date.now() - startedMs) / 1000).toFixed(0).padStart(4)} s  ${name}`);
  using limit = timeLimit(signal, STEP_TIMEOUT_MS);
  try {
    return await work((progress) => setPhase(`${name}, ${progress}`), limit.signal);
  } catch (error) {
    if (signal.aborted || !limit.signal.aborted) throw error;
    throw new SulcusError(
      'DEADLINE_EXCEEDED',
      `${name}: not within ${STEP_TIMEOUT_MS / 60_000} minutes; the logs of the services say more`,
      { cause: error },
    );
  }
}

/** Makes report, heat map and FHIR by the command that people use, and sees that the report is of the study. */
async function makeResult(
  { pipeline, resultsFolder, view, startedMs }: SiteRun,
  { studyUid, patientId, label }: HospitalStudy,
  prediction: StudyPrediction,
  signal: AbortSignal,
): Promise<SiteResult> {
  const words = ['results', prediction.studyId, '--output', resultsFolder, '--heat-maps', '1'];
  await runToEnd(commandSpec('results', [...words, '--address', pipeline.predictorAddress], pipeline.plan), signal);
  const report = path.join(resultsFolder, 'report.dcm');
  const { dataSet } = parseDicom(await readFile(report));
  if (dataSet.text('StudyInstanceUID') !== studyUid || dataSet.text('PatientID') !== patientId)
    throw new SulcusError('INTERNAL', `${report} is not of the study that was asked for`);
  const seconds = (Date.now() - startedMs) / 1000;
  view.note(
    [
      `DICOM SR of study ${studyUid}, patient ${patientId}, ${seconds.toFixed(0)} s after the start:`,
      `  ${shownPath(report)}   (beside it a heat map as Secondary Capture, and FHIR)`,
    ].join('\n'),
  );
  const { decision, predictedClass } = prediction;
  return { studyInstanceUid: studyUid, patientId, drawnAs: label, decision, predictedClass, report, seconds };
}

function describe({ modelVersion, summary, predictedClass, probabilities }: StudyPrediction): string {
  const probability = probabilities.find(({ className }) => className === predictedClass)?.probability ?? 0;
  return `${modelVersion}: ${predictedClass} ${percent(probability)}. ${summary}`;
}
