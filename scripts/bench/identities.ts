import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createAuthority, issueCertificate, readClientSecurity, type ClientSecurity, type Role } from '#libs/access';

const DAYS = 2;
const CLIENT = 'spiffe://sulcus/client/bench';

/**
 * An authority, a server and a client with certificates of it, and a policy that knows the client.
 *
 * @param site that the client is of
 * @returns what the server is told, and what clients show
 */
export async function benchIdentities(
  folder: string,
  roles: readonly Role[],
  site?: string,
): Promise<{ server: Record<string, string>; client: ClientSecurity }> {
  const authority = createAuthority('bench', DAYS);
  const write = async (name: string, content: string): Promise<string> => {
    const file = path.join(folder, name);
    await writeFile(file, content, { mode: 0o600 });
    return file;
  };
  const ca = await write('ca.pem', authority.certificate);
  const issued = async (name: string, uri: string, hosts?: string[]) => {
    const { certificate, key } = issueCertificate(authority, { name, uri, ...(hosts && { hosts }) }, DAYS);
    return { certificate: await write(`${name}.pem`, certificate), key: await write(`${name}.key`, key) };
  };
  const server = await issued('server', 'spiffe://sulcus/service/server', ['127.0.0.1', 'localhost']);
  const client = await issued('client', CLIENT);
  const policy = { identities: [{ uri: CLIENT, roles, ...(site !== undefined && { site }) }] };
  return {
    server: {
      SULCUS_TLS_CERTIFICATE: server.certificate,
      SULCUS_TLS_KEY: server.key,
      SULCUS_TLS_CLIENT_CA: ca,
      SULCUS_ACCESS_POLICY: await write('policy.json', JSON.stringify(policy)),
    },
    client: readClientSecurity({
      SULCUS_TLS_CA: ca,
      SULCUS_TLS_CERTIFICATE: client.certificate,
      SULCUS_TLS_KEY: client.key,
    }),
  };
}
