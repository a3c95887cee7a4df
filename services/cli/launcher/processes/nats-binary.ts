import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { compareVersions, MINIMUM_SERVER_VERSION } from '#libs/bus';
import { SulcusError } from '#libs/errors';
import { packageRoot } from '#libs/service';

/**
 * Finds the broker's program: SULCUS_NATS_SERVER, else what set-up brought, else the PATH.
 *
 * @throws FILE_UNREADABLE when there is none, UNSUPPORTED_VERSION when it is too old; both say what to do
 */
export function findNatsServer(environment: NodeJS.ProcessEnv = process.env): { path: string; version: string } {
  const wanted = environment.SULCUS_NATS_SERVER;
  const candidates = wanted
    ? [wanted]
    : [path.join(packageRoot(), '.sulcus', 'bin', 'nats-server'), ...onPath(environment)];
  const binary = candidates.find((candidate) => existsSync(candidate));
  if (binary === undefined) {
    const message = wanted
      ? `SULCUS_NATS_SERVER names ${wanted}, which does not exist`
      : 'No nats-server here: run npm run setup, or let SULCUS_NATS_SERVER name one, or SULCUS_NATS_URL a running one';
    throw new SulcusError('FILE_UNREADABLE', message);
  }
  return { path: binary, version: acceptableVersion(binary) };
}

function onPath(environment: NodeJS.ProcessEnv): string[] {
  return (environment.PATH ?? '')
    .split(path.delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => path.join(folder, 'nats-server'));
}

/** The version that a program states. Older servers lack the sync setting, and lose what sourcing streams pass on. */
function acceptableVersion(binary: string): string {
  let answer: string;
  try {
    answer = execFileSync(binary, ['-v'], { encoding: 'utf8', timeout: 10_000 });
  } catch (cause) {
    throw new SulcusError('FILE_UNREADABLE', `${binary} does not run: ${(cause as Error).message}`, { cause });
  }
  const version = /v(\d+\.\d+\.\d+)/.exec(answer)?.[1] ?? '0.0.0';
  if (compareVersions(version, MINIMUM_SERVER_VERSION) < 0)
    throw new SulcusError(
      'UNSUPPORTED_VERSION',
      `${binary} is nats-server ${version}; at least ${MINIMUM_SERVER_VERSION} is needed: run npm run setup`,
    );
  return version;
}
