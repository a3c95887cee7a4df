import path from 'node:path';
import { SupervisedProcess } from '../processes/supervised-process.js';
import type { OneShotSpec } from '../processes/one-shot.js';

/** The services of a pipeline, in the order in which data flows through them. */
export const SERVICES = ['edge', 'ingest', 'archiver', 'preprocess', 'trainer', 'predictor'] as const;

export interface ServicePlan {
  environment: NodeJS.ProcessEnv;
  logFolder: string;
  /** Variables of one service or command alone, such as those by which it proves to the broker who it is. */
  own: (name: string) => NodeJS.ProcessEnv;
  /** Gives up on a service that keeps failing right after its start, whatever the cause. Default: never. */
  maxRapidFailures?: number;
}

/** The command line of this very build: sources are run by sources, compiled code by compiled code. */
const CLI = path.join(import.meta.dirname, '..', '..', `main${path.extname(import.meta.filename)}`);

/** One process per service. @param has which of those there are that not every pipeline has */
export function createServices(
  { maxRapidFailures, ...plan }: ServicePlan,
  has: { archiver: boolean; edge: boolean },
): SupervisedProcess[] {
  return SERVICES.filter((name) => !Object.hasOwn(has, name) || has[name as keyof typeof has]).map(
    (name) =>
      new SupervisedProcess({
        ...commandSpec(name, [name], plan),
        orphanGuard: 'ipc',
        maxRapidFailures,
      }),
  );
}

/** What it takes to run `sulcus <words>` as a process of its own. */
export function commandSpec(
  name: string,
  words: readonly string[],
  { environment, logFolder, own }: ServicePlan,
): OneShotSpec {
  return {
    name,
    command: process.execPath,
    args: [...process.execArgv, CLI, ...words],
    environment: { ...environment, ...own(name) },
    logFile: path.join(logFolder, `${name}.log`),
  };
}
