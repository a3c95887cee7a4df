import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PHANTOM_CLASSES } from '#libs/imaging';
import type { Ports, SitePorts } from './choose-ports.js';

/** Titles of the entities of a hospital that is played. */
export const SCANNER_TITLE = 'SCANNER';
export const SITE_TITLE = 'SULCUS';

/** System of the codes that reports of the played hospital say classes with. */
export const CODE_SYSTEM = 'urn:sulcus:phantom-classes';

/**
 * Variables of what runs at the site: the edge, and the command that makes results of its register.
 *
 * @param folder for the edge's data; made here
 */
export function siteEnvironment(
  folder: string,
  { ingest }: Ports,
  { dicom, http, rpc }: SitePorts,
): (name: string) => NodeJS.ProcessEnv {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const codes = path.join(folder, 'label-codes.json');
  const table = PHANTOM_CLASSES.map((label) => ({ system: CODE_SYSTEM, code: label, label }));
  writeFileSync(codes, `${JSON.stringify(table, undefined, 2)}\n`);
  const data = { SULCUS_DATA_DIR: folder, SULCUS_DICOM_TITLE: SITE_TITLE };
  const edge = {
    ...data,
    SULCUS_EDGE_CORE: `127.0.0.1:${ingest}`,
    SULCUS_INGEST_ADDRESS: `127.0.0.1:${rpc}`,
    SULCUS_DICOM_ADDRESS: `127.0.0.1:${dicom}`,
    // Beside the scanner the usual titles of DCMTK's senders, for whoever wants to send something of his own.
    SULCUS_DICOM_CALLERS: [SCANNER_TITLE, 'STORESCU', 'DCMSEND'].map((title) => `${title}@127.0.0.1`).join(','),
    SULCUS_HTTP_ADDRESS: `127.0.0.1:${http}`,
    SULCUS_LABEL_CODES: codes,
  };
  return (name) => (name === 'edge' ? edge : name === 'results' ? data : {});
}
