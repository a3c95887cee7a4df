import { startHttpServer, type HttpServer } from '#libs/http';
import type { Logger } from '#libs/telemetry';
import type { SourcesConfig } from '../../config.js';
import type { Ingestor } from '../../pipeline/ingestor.js';
import type { UploadRoom } from '../grpc/upload-room.js';
import { readCodeTable, takeReports, type LabelStudy } from './diagnostic-report.js';
import { storeInstances } from './store-instances.js';

export interface HttpContext {
  readonly ingestor: Ingestor;
  readonly config: SourcesConfig;
  readonly log: Logger;
  /** Where labels of reports go. */
  readonly label: LabelStudy;
}

/**
 * Listens for DICOMweb and for reports.
 *
 * @returns undefined where no address is set
 * @throws PORT_IN_USE, INVALID_CONFIG
 */
export async function startHttp(
  { ingestor, config, log, label }: HttpContext,
  room: UploadRoom,
): Promise<HttpServer | undefined> {
  const { httpAddress, labelCodes, security, site } = config;
  if (httpAddress === undefined) return undefined;
  return await startHttpServer({
    ...{ address: httpAddress, addressVariable: 'SULCUS_HTTP_ADDRESS', security, site, log },
    routes: [
      storeInstances({ ingestor, room, config }),
      ...(labelCodes !== undefined ? [takeReports(await readCodeTable(labelCodes), label)] : []),
    ],
  });
}
