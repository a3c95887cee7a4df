import { askPeer, type Peer } from '#libs/dimse';
import type { TlsFiles } from '#libs/access';
import { transferSyntax } from '#libs/dicom';
import { SulcusError } from '#libs/errors';
import type { EdgeConfig } from '#services/edge';
import { readPullRules } from '#services/ingest';
import type { Finding } from '../../doctor/finding.js';

const TIMEOUT_MS = 10_000;

/** What is asked of those who are sent results, and of archives, with its name for people. */
const RESULTS: Readonly<Record<string, string>> = {
  '1.2.840.10008.5.1.4.1.1.88.33': 'structured reports',
  '1.2.840.10008.5.1.4.1.1.7': 'secondary captures',
};
const FIND = { '1.2.840.10008.5.1.4.1.2.2.1': 'C-FIND' } as const;
const MOVE = { '1.2.840.10008.5.1.4.1.2.2.2': 'C-MOVE' } as const;
const GET = { '1.2.840.10008.5.1.4.1.2.2.3': 'C-GET' } as const;

interface Asked {
  peer: Peer;
  tls?: TlsFiles | undefined;
  /** Names by class. */
  classes: Readonly<Record<string, string>>;
  /** What does not work without the classes. */
  isNeeded: boolean;
}

/**
 * What the application entities say that an edge calls: an echo, and what they negotiate.
 *
 * @throws INVALID_CONFIG for rules of pulling that cannot be read
 */
export const peerFindings = (config: EdgeConfig): Promise<Finding[]> =>
  Promise.all(peersOf(config).map((asked) => findingOf(asked, config.dicomTitle)));

function peersOf({ dicomPeers, pullRules }: EdgeConfig): Asked[] {
  const archives = pullRules === undefined ? [] : Object.values(readPullRules(pullRules).peers);
  return [
    ...dicomPeers.map((peer) => ({ peer, classes: RESULTS, isNeeded: false })),
    ...archives.flatMap(({ dicom, authorities, certificate, key }) => {
      if (!dicom) return [];
      const tls =
        authorities === undefined && certificate === undefined ? undefined : { authorities, certificate, key };
      return [
        { peer: dicom.peer, tls, classes: { ...FIND, ...(dicom.retrieve === 'move' ? MOVE : GET) }, isNeeded: true },
      ];
    }),
  ];
}

async function findingOf({ peer, tls, classes, isNeeded }: Asked, callingTitle: string): Promise<Finding> {
  const topic = 'DICOM peer';
  const at = `${peer.title} at ${peer.host}:${peer.port}`;
  try {
    const call = { peer, callingTitle, timeoutMs: TIMEOUT_MS, tls };
    const { echoMs, accepted } = await askPeer(call, Object.keys(classes));
    const said = Object.entries(classes).map(([uid, name]) => {
      const syntaxUid = accepted.get(uid);
      return syntaxUid === undefined ? `no ${name}` : `${name} (${transferSyntax(syntaxUid)?.name ?? syntaxUid})`;
    });
    const lacks = isNeeded && Object.keys(classes).some((uid) => !accepted.has(uid));
    return {
      topic,
      status: lacks ? 'warning' : 'ok',
      text: `${at} answers an echo in ${echoMs.toFixed(1)} ms; takes ${said.join(', ')}`,
      facts: { ...peer, echoMs, accepted: Object.fromEntries(accepted) },
      ...(lacks ? { advice: 'the rules of pulling need what it does not take: choose the other way to retrieve' } : {}),
    };
  } catch (thrown) {
    const advice = `enter ${callingTitle} and this machine's address at ${peer.title}; look at its title and port`;
    // Scanners that are called back may be off: what comes in comes all the same.
    return { topic, status: 'warning', text: SulcusError.from(thrown).rawMessage, advice, facts: { ...peer } };
  }
}
