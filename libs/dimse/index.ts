/**
 * The DICOM upper layer: an SCP for C-STORE and C-ECHO with an allow list, limits, and answers that wait for what they
 * promise. The only lib that knows dcmjs-dimse. Imports libs/dicom and libs/errors.
 *
 *     const scp = await startStoreScp({ host, port: 11112, title: 'SULCUS', callers: [parseCaller('MR1')], … });
 */
import type { StoreScp, StoreScpOptions } from './store-scp.js';

export { isTitle, parseCaller, type Caller } from './callers.js';
export type { ScpNotice, StoreAnswer, StoredObject, StoreScp, StoreScpOptions } from './store-scp.js';

/**
 * Listens for associations. The library is loaded now: most processes never receive.
 *
 * @throws PORT_IN_USE; INVALID_CONFIG for an address that is not this machine's
 */
export async function startStoreScp(options: StoreScpOptions): Promise<StoreScp> {
  const { StoreScp } = await import('./store-scp.js');
  return await StoreScp.start(options);
}
