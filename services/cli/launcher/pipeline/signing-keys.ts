import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { syncFolderSync, writeDurablySync } from '#libs/durable-files';
import { createSigningKeys } from '#libs/registry';

/**
 * Keys by which the trainer of a state signs its versions, and its predictor knows them: made with the state, so that
 * who can write to the broker alone cannot have a model served. A state from before there were keys goes on without.
 *
 * @param isNew whether nothing was published in this state yet
 * @returns variables for trainer and predictor
 */
export function signingKeys(stateFolder: string, isNew: boolean): NodeJS.ProcessEnv {
  const folder = path.join(stateFolder, 'keys');
  const [privateKey, publicKey] = [path.join(folder, 'signing.key'), path.join(folder, 'signing.pub')];
  if (isNew) {
    const pair = createSigningKeys();
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // Versions that are signed by a key which a power loss took could never be served again.
    for (const parent of [path.dirname(stateFolder), stateFolder]) syncFolderSync(parent);
    writeDurablySync(publicKey, pair.publicKey, { mode: 0o644 });
    writeDurablySync(privateKey, pair.privateKey, { mode: 0o600 });
  }
  if (!existsSync(privateKey) || !existsSync(publicKey)) return {};
  return { SULCUS_SIGNING_KEY: privateKey, SULCUS_TRUSTED_KEYS: publicKey };
}
