import { SulcusError } from '#libs/errors';
import type { UpOptions } from '../options.js';
import { choosePort } from '../processes/ports.js';

/** Ports of the loopback interface. */
export interface Ports {
  nats: number;
  monitor: number;
  ingest: number;
  predictor: number;
  /** Of a hospital that is played. */
  site?: SitePorts;
}

/** Doors of the edge. */
export interface SitePorts {
  dicom: number;
  http: number;
  rpc: number;
}

/** @throws PORT_IN_USE naming every port that was asked for and is taken */
export async function choosePorts(options: UpOptions): Promise<Ports> {
  const choose = (port: number | undefined, defaultPort: number, purpose: string, option: string): Promise<number> =>
    choosePort({ port: port ?? defaultPort, explicit: port !== undefined, purpose, option });
  const results = await Promise.allSettled([
    choose(options.portNats, 4222, 'NATS', '--port-nats'),
    choose(options.portMonitor, 8222, "NATS's monitoring", '--port-monitor'),
    choose(options.portIngest, 7001, 'ingest', '--port-ingest'),
    choose(options.portPredictor, 7002, 'the predictor', '--port-predictor'),
    ...(options.site
      ? [
          choose(options.portDicom, 11_112, 'DICOM', '--port-dicom'),
          choose(undefined, 8042, 'reports of the hospital', ''),
          choose(undefined, 7003, 'the edge', ''),
        ]
      : []),
  ]);
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [SulcusError.from(result.reason)] : []));
  if (failures.length > 0) {
    const mistakes = failures.map(({ rawMessage }) => rawMessage);
    throw new SulcusError(failures[0]!.code, mistakes.join('\n'), { details: { mistakes } });
  }
  const [nats, monitor, ingest, predictor, dicom, http, rpc] = results.map(
    (result) => (result as PromiseFulfilledResult<number>).value,
  ) as [number, number, number, number, number?, number?, number?];
  const site = dicom && http && rpc ? { site: { dicom, http, rpc } } : {};
  return { nats, monitor, ingest, predictor, ...site };
}
