import path from 'node:path';
import { keyFile } from '#libs/bus';
import { list } from '#libs/config';
import { SulcusError } from '#libs/errors';
import { parseCommandLine } from '#libs/service';
import { ACCOUNTS_FILE, brokerKeys } from '../../shared/broker-keys.js';

const OPTIONS = {
  sites: ['--sites <names>', list({ default: ['local'], description: 'sites that send images, comma-separated' })],
} as const;

/** `sulcus broker accounts FOLDER`: keys of the users of a broker, and the accounts of its server's configuration. */
export async function main(argv: readonly string[]): Promise<void> {
  const description = `Makes an nkey for the operator, each service and each site, in files that their owner alone \
reads, and ${ACCOUNTS_FILE}, which nats-server's configuration includes: who may publish and read what. Keys that are \
there stay, also those of sites that are not named; a site whose folder is deleted is gone with the next call.`;
  const parsed = parseCommandLine(
    { name: 'sulcus broker accounts', description, operand: '<folder>', options: OPTIONS },
    argv,
  );
  if (!parsed) return;
  const { sites } = parsed.options;
  const wrong = sites.filter((site) => !/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/.test(site));
  if (wrong.length > 0)
    throw new SulcusError('INVALID_CONFIG', `--sites ${wrong.join(', ')}: expected lower-case letters, digits or '-'`);
  const folder = path.resolve(parsed.operand!);
  const { made, sites: all } = brokerKeys(folder, sites);
  console.log(`${made.length} keys made${made.length === 0 ? '' : ` (${made.join(', ')})`}; sites: ${all.join(', ')}`);
  console.log(`The server's configuration includes ${path.join(folder, ACCOUNTS_FILE)}, by a path relative to itself.`);
  console.log(`A process:  SULCUS_NATS_ACCOUNT=trainer SULCUS_NATS_NKEY_FILE=${path.join(folder, keyFile('trainer'))}`);
  await Promise.resolve();
}
