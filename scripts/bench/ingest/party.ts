import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { ClientSecurity } from '#libs/access';
import { choosePort } from '#services/cli';
import { benchIdentities } from '../identities.js';
import { startStack, type Stack } from '../stack.js';

/** An ingest process with a broker of its own. */
export interface IngestParty extends Stack {
  readonly name: 'plain' | 'tls';
  readonly address: string;
  /** What its clients show; undefined: it asks nobody. */
  readonly security: ClientSecurity | undefined;
}

/** @param name `tls`: with certificates on both sides, a policy, and a broker that knows its users */
export async function startParty(name: IngestParty['name']): Promise<IngestParty> {
  const port = await choosePort({ port: 0, explicit: false, purpose: 'a benchmark', option: '' });
  const address = `127.0.0.1:${port}`;
  let security: ClientSecurity | undefined;
  const stack = await startStack({
    name: `ingest-${name}`,
    services: ['ingest'],
    accounts: name === 'tls',
    environment: async (folder) => {
      const secrets = path.join(folder, 'secrets');
      await mkdir(secrets);
      const identities = name === 'tls' ? await benchIdentities(secrets, ['upload']) : undefined;
      security = identities?.client;
      return {
        SULCUS_INGEST_ADDRESS: address,
        SULCUS_DATA_DIR: path.join(folder, 'data'),
        SULCUS_PSEUDONYM_KEY: 'a key for measurements',
        ...identities?.server,
      };
    },
  });
  return Object.assign(stack, { name, address, security });
}
