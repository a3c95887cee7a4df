import dimse from 'dcmjs-dimse';
import { callPeer, type CallOptions } from './scu.js';

const VERIFICATION = '1.2.840.10008.1.1';

/** What an application entity answers to an echo. */
export interface PeerFacts {
  /** From the request of C-ECHO to its answer, on an association that is open. */
  echoMs: number;
  /** Of the classes that were proposed, those that it takes, each with the transfer syntax that it chose. */
  accepted: ReadonlyMap<string, string>;
}

/**
 * Sends an echo to a peer (C-ECHO, PS3.4 annex A), and asks what else it would take on the same association.
 *
 * @param sopClassUids proposed beside Verification, in the uncompressed syntaxes
 * @throws SERVICE_UNAVAILABLE when the peer cannot be reached, refuses or does not answer
 */
export async function askPeer(
  call: Pick<CallOptions, 'peer' | 'callingTitle' | 'timeoutMs' | 'tls' | 'signal'>,
  sopClassUids: readonly string[],
): Promise<PeerFacts> {
  let accepted: ReadonlyMap<string, string> = new Map();
  let [sentMs, echoMs] = [0, 0];
  const onAgreed = (agreed: ReadonlyMap<string, string>): void => void (accepted = agreed);
  const request = (): InstanceType<typeof dimse.requests.CEchoRequest> => {
    const echo = new dimse.requests.CEchoRequest();
    sentMs = performance.now();
    echo.on('response', () => (echoMs = performance.now() - sentMs));
    return echo;
  };
  await callPeer({ ...call, proposes: sopClassUids, onAgreed }, [{ sopClassUid: VERIFICATION, request }]);
  return { echoMs, accepted };
}
