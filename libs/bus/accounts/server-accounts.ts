import { CORE_SERVICES } from './grants.js';
import {
  corePermissions,
  operatorPermissions,
  sitePermissions,
  siteServices,
  siteUser,
  type Permissions,
  type SiteService,
} from './permissions.js';

/** Account that the streams lie in. */
export const CORE_ACCOUNT = 'CORE';

/** Everybody who may have a key: the operator, the services of the core, and one user for each site. */
export const usersOf = (sites: readonly string[]): string[] => ['operator', ...CORE_SERVICES, ...sites.map(siteUser)];

/**
 * The `accounts` block of nats-server's configuration: the core with its streams, and each site in an account of its
 * own, which sees of the core what is lent to it. In an account of its own, because the broker sends an answer wherever
 * who asks wants it, unchecked: who shares the core's account could have what he wrote sent to anybody's subject.
 *
 * @param publicKeys of every user of {@link usersOf}; nothing of the text is secret
 */
export function serverAccounts(sites: readonly string[], publicKeys: ReadonlyMap<string, string>): string {
  const user = (name: string, permissions: Permissions): string => {
    const key = publicKeys.get(name);
    if (key === undefined) throw new Error(`No key of ${name}`);
    return `{ nkey: ${key}, permissions: ${written(permissions)} }`;
  };
  const lent = new Map<string, { service: SiteService; accounts: string[] }>();
  for (const site of sites)
    for (const service of siteServices(site)) {
      const known = lent.get(service.subject) ?? { service, accounts: [] };
      known.accounts.push(siteUser(site));
      lent.set(service.subject, known);
    }
  return [
    'accounts {',
    `  ${CORE_ACCOUNT} {`,
    '    jetstream: enabled',
    '    users: [',
    `      ${user('operator', operatorPermissions())}`,
    ...CORE_SERVICES.map((name) => `      ${user(name, corePermissions(name))}`),
    '    ]',
    '    exports: [',
    ...[...lent.values()].map(
      ({ service: { subject, streams }, accounts }) =>
        `      { service: ${quoted(subject)}, ${streams ? 'response_type: stream, ' : ''}accounts: ${list(accounts)} }`,
    ),
    '    ]',
    '  }',
    ...sites.flatMap((site) => [
      `  ${quoted(siteUser(site))} {`,
      `    users: [${user(siteUser(site), sitePermissions(site))}]`,
      '    imports: [',
      ...siteServices(site).map(
        ({ subject, as }) =>
          `      { service: { account: ${CORE_ACCOUNT}, subject: ${quoted(subject)} }` +
          `${as === undefined ? '' : `, to: ${quoted(as)}`} }`,
      ),
      '    ]',
      '  }',
    ]),
    '}',
    '',
  ].join('\n');
}

const written = ({ publish, subscribe, mayRespond }: Permissions): string =>
  `{ publish: { allow: ${list(publish)} }, subscribe: { allow: ${list(subscribe)} }` +
  `${mayRespond ? ', allow_responses: true' : ''} }`;

const quoted = (text: string): string => JSON.stringify(text);
const list = (texts: readonly string[]): string => `[${texts.map(quoted).join(', ')}]`;
