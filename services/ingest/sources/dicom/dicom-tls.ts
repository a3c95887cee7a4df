import type { DimseTls } from '#libs/dimse';
import { SulcusError } from '#libs/errors';
import type { SourcesConfig } from '../../config.js';

/**
 * How DICOM is encrypted, from the environment; undefined where it is not.
 *
 * @throws INVALID_CONFIG for settings that do not fit each other
 */
export function dicomTlsOf({
  dicomTlsCertificate: certificate,
  dicomTlsKey: key,
  dicomTlsClientAuthorities: authorities,
  dicomTlsClients,
  dicomCallers,
}: SourcesConfig): DimseTls | undefined {
  const certified = dicomCallers.find((caller) => caller.certificate !== undefined);
  if (certified && authorities === undefined)
    throw new SulcusError(
      'INVALID_CONFIG',
      `SULCUS_DICOM_CALLERS wants a certificate of ${certified.title}: set SULCUS_DICOM_TLS_CLIENT_CA to its authority`,
    );
  if (certificate === undefined && key === undefined && authorities === undefined) return undefined;
  if (certificate === undefined || key === undefined)
    throw new SulcusError(
      'INVALID_CONFIG',
      'DICOM over TLS needs both SULCUS_DICOM_TLS_CERTIFICATE and SULCUS_DICOM_TLS_KEY',
    );
  return { files: { certificate, key, authorities }, clients: authorities === undefined ? 'none' : dicomTlsClients };
}
