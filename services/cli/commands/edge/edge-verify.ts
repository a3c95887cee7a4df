import { statfs } from 'node:fs/promises';
import { isLoopback } from '#libs/access';
import { SulcusError } from '#libs/errors';
import { parseCommandLine } from '#libs/service';
import { askCore, configOption, enterConfigFile, readConfig, type CoreFacts, type EdgeConfig } from '#services/edge';
import { allWell, renderFindings, type Finding } from '../../doctor/finding.js';
import { makeFolder } from '../../shared/make-folder.js';
import { jsonOption } from '../../shared/options.js';
import { peerFindings } from './peer-findings.js';

const OPTIONS = { ...configOption, json: jsonOption('write one JSON object instead of lines') } as const;

/** More than this, and times of scans and labels cannot be compared. */
const MAX_CLOCK_DIFFERENCE_MS = 2_000;
const DAY_MS = 86_400_000;
const SOON_DAYS = 14;

/** `sulcus edge verify`: whether an edge would reach its core and its peers. It sends no sample. */
export async function main(argv: readonly string[]): Promise<void> {
  const description = `Tries the way to the core: what TLS agrees on, who the core is and who this edge is to it, the \
round trip, the difference of the clocks, the room on the disk; and sends an echo to the DICOM peers that it calls: \
what they negotiate. Sends no sample. Ends with 1 when something prevents working.`;
  const parsed = parseCommandLine({ name: 'sulcus edge verify', description, options: OPTIONS }, argv);
  if (!parsed) return;
  enterConfigFile(parsed.options.config);
  const config = readConfig();
  const [core, peers] = await Promise.all([coreFindings(config), peerFindings(config)]);
  const findings = [...core, ...peers, await diskFinding(config)];
  const ok = allWell(findings);
  process.stdout.write(parsed.options.json ? `${JSON.stringify({ ok, findings })}\n` : renderFindings(findings));
  if (!ok) process.exitCode = 1;
}

async function coreFindings(config: EdgeConfig): Promise<Finding[]> {
  let facts: CoreFacts;
  try {
    facts = await askCore(config);
  } catch (thrown) {
    const { code, rawMessage } = SulcusError.from(thrown);
    return [
      { topic: 'core', status: 'problem', text: `${code}: ${rawMessage}`, advice: ADVICE[code] ?? ADVICE.other! },
    ];
  }
  const { version, caller, callerSite, maxMessageBytes, uploadWindow } = facts.description;
  const known = caller === '' ? 'asks nobody who they are' : `knows this edge as ${caller}`;
  return [
    {
      topic: 'core',
      status: 'ok',
      text: `sulcus ${version} at ${config.core}; ${known}`,
      facts: { ...facts.description },
    },
    siteFinding(config.site, callerSite),
    tlsFinding(config, facts),
    { topic: 'round trip', status: 'ok', text: `${facts.roundTripMs.toFixed(1)} ms`, facts: { ms: facts.roundTripMs } },
    clockFinding(facts),
    {
      topic: 'messages',
      status: maxMessageBytes >= config.maxMessageBytes ? 'ok' : 'problem',
      text: `up to ${maxMessageBytes} bytes, ${uploadWindow} under way; ours have ${config.maxMessageBytes} at most`,
      ...(maxMessageBytes >= config.maxMessageBytes
        ? {}
        : { advice: 'set SULCUS_MAX_MESSAGE_BYTES alike on both sides' }),
    },
  ];
}

const ADVICE: Readonly<Record<string, string>> = {
  UNAUTHENTICATED: "the core's access policy must name the URI of this edge's certificate",
  PERMISSION_DENIED: 'the core\'s access policy must give this edge the role "upload"',
  UNIMPLEMENTED: 'the core is older than this edge: update it first',
  other: 'look at SULCUS_EDGE_CORE, at the way there (firewalls), and at SULCUS_TLS_CA where the core has TLS',
};

function siteFinding(site: string, callerSite: string): Finding {
  if (callerSite === '' || callerSite === site)
    return { topic: 'site', status: 'ok', text: `this edge may send for "${site}"` };
  return {
    topic: 'site',
    status: 'problem',
    text: `this edge sends for "${site}", and may send for "${callerSite}" alone`,
    advice: 'set SULCUS_SITE, or the site of the certificate in the access policy of the core',
  };
}

function tlsFinding({ core }: EdgeConfig, { tls }: CoreFacts): Finding {
  if (!tls)
    return {
      topic: 'TLS',
      status: isLoopback(core) ? 'ok' : 'warning',
      text: 'none: samples cross the network as they are',
      ...(isLoopback(core) ? {} : { advice: 'set SULCUS_TLS_CA, SULCUS_TLS_CERTIFICATE and SULCUS_TLS_KEY' }),
    };
  const days = Math.floor((tls.validUntil.getTime() - Date.now()) / DAY_MS);
  return {
    topic: 'TLS',
    status: days < SOON_DAYS ? 'warning' : 'ok',
    text: `${tls.protocol}, ${tls.cipher}; the core shows ${tls.uris.join(', ') || 'no URI'}, valid for ${days} days`,
    facts: { ...tls },
  };
}

function clockFinding({ clockAheadMs, roundTripMs }: CoreFacts): Finding {
  const isFar = Math.abs(clockAheadMs) - roundTripMs / 2 > MAX_CLOCK_DIFFERENCE_MS;
  return {
    topic: 'clock',
    status: isFar ? 'warning' : 'ok',
    text: `the core's is ${Math.abs(clockAheadMs).toFixed(0)} ms ${clockAheadMs < 0 ? 'behind' : 'ahead of'} ours`,
    facts: { aheadMs: clockAheadMs },
    ...(isFar ? { advice: 'let both machines follow the same time server' } : {}),
  };
}

async function diskFinding({ dataDir, spoolBytes, reserveBytes }: EdgeConfig): Promise<Finding> {
  makeFolder(dataDir);
  const { bavail, bsize } = await statfs(dataDir);
  const freeBytes = bavail * bsize;
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  const isSmall = freeBytes < spoolBytes + reserveBytes;
  return {
    topic: 'disk',
    status: isSmall ? 'warning' : 'ok',
    text: `${gigabytes(freeBytes)} free at ${dataDir}; the spool may take ${gigabytes(spoolBytes)}`,
    ...(isSmall ? { advice: 'the spool is full before its limit: give it another disk, or lower the limit' } : {}),
  };
}
