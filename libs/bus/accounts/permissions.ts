import { subjectToken, BUCKETS, STREAM_NAMES, allSubjects } from '../topology.js';
import { CORE_GRANTS, siteGrants, type CoreService, type Grants } from './grants.js';

/** Subject by which a site asks for what it may not do itself. Each site's goes to one of its own. */
export const SITE_REQUESTS = 'site.v1';

export const siteRequests = (site: string): string => `${SITE_REQUESTS}.${subjectToken(site, 'Site')}`;

/** What the broker is told of one user: subjects, in NATS's notation. */
export interface Permissions {
  publish: readonly string[];
  subscribe: readonly string[];
  /** May answer whoever asked it, wherever the answer goes. */
  mayRespond: boolean;
}

/** Prefix of the inboxes of a user: nobody else may listen there. */
export const inboxOf = (user: string): string => `_INBOX_${user}`;

const API = '$JS.API';

/** What every client of JetStream asks when it connects. */
const COMMON = [`${API}.INFO`];

/** Requests by which a stream is read. */
const reading = (stream: string): string[] => [
  `${API}.STREAM.INFO.${stream}`,
  `${API}.STREAM.MSG.GET.${stream}`,
  `${API}.DIRECT.GET.${stream}`,
  `${API}.DIRECT.GET.${stream}.>`,
  `${API}.CONSUMER.CREATE.${stream}.>`,
  `${API}.CONSUMER.LIST.${stream}`,
  `${API}.CONSUMER.INFO.${stream}.*`,
  `${API}.CONSUMER.DELETE.${stream}.*`,
  `${API}.CONSUMER.MSG.NEXT.${stream}.*`,
];

/** Requests by which a consumer is kept and its messages are taken; acknowledgements in both notations (ADR-15). */
const working = (stream: string, consumer: string): string[] => [
  `${API}.STREAM.INFO.${stream}`,
  `${API}.CONSUMER.CREATE.${stream}.${consumer}`,
  `${API}.CONSUMER.CREATE.${stream}.${consumer}.>`,
  `${API}.CONSUMER.INFO.${stream}.${consumer}`,
  `${API}.CONSUMER.DELETE.${stream}.${consumer}`,
  `${API}.CONSUMER.MSG.NEXT.${stream}.${consumer}`,
  `$JS.ACK.${stream}.${consumer}.>`,
  `$JS.ACK.*.*.${stream}.${consumer}.>`,
];

/** What a service of the core may do. */
export function corePermissions(service: CoreService): Permissions {
  const { publish, read, work, remove, purge, readBuckets, writeBuckets, answersSites }: Grants = CORE_GRANTS[service];
  return {
    publish: unique([
      ...COMMON,
      ...publish,
      ...[...read, ...readBuckets.map((bucket) => `KV_${bucket}`)].flatMap(reading),
      ...work.flatMap(({ stream, consumer }) => working(stream, consumer)),
      ...remove.map((stream) => `${API}.STREAM.MSG.DELETE.${stream}`),
      ...purge.map((stream) => `${API}.STREAM.PURGE.${stream}`),
      ...writeBuckets.map((bucket) => `$KV.${bucket}.>`),
    ]),
    subscribe: [`${inboxOf(service)}.>`, ...(answersSites ? [`${SITE_REQUESTS}.*`] : [])],
    mayRespond: answersSites ?? false,
  };
}

/** The operator, as whom the launcher and the commands work: everything that the system has, and nothing else. */
export function operatorPermissions(): Permissions {
  const streams = [...STREAM_NAMES, ...BUCKETS.map((bucket) => `KV_${bucket}`)];
  return {
    publish: [
      ...COMMON,
      ...STREAM_NAMES.map(allSubjects),
      ...BUCKETS.map((bucket) => `$KV.${bucket}.>`),
      ...streams.flatMap((stream) => [
        ...['CREATE', 'UPDATE', 'PURGE', 'MSG.DELETE'].map((verb) => `${API}.STREAM.${verb}.${stream}`),
        ...reading(stream),
        `$JS.ACK.${stream}.>`,
        `$JS.ACK.*.*.${stream}.>`,
      ]),
    ],
    subscribe: [`${inboxOf('operator')}.>`],
    mayRespond: false,
  };
}

/** What a site asks of the core. */
export interface SiteService {
  /** As the core knows it. */
  subject: string;
  /** As the site calls it, where that differs. */
  as?: string;
  /** More than one answer to one request. */
  streams: boolean;
}

/** Everything that a site may say to the core, as services that the core lends to its account. */
export function siteServices(site: string): SiteService[] {
  const { publish, lookUp, readers } = siteGrants(subjectToken(site, 'Site'));
  const one = (subject: string): SiteService => ({ subject, streams: false });
  return [
    ...COMMON.map(one),
    ...publish.map(one),
    ...lookUp.map(({ stream, subject }) => one(`${API}.DIRECT.GET.${stream}.${subject}`)),
    ...readers.map((stream) => one(`${API}.CONSUMER.INFO.${stream}.*`)),
    ...readers.map((stream) => ({ subject: `${API}.CONSUMER.MSG.NEXT.${stream}.*`, streams: true })),
    { subject: siteRequests(site), as: SITE_REQUESTS, streams: false },
  ];
}

/** Name of the user of a site. */
export const siteUser = (site: string): string => `site-${subjectToken(site, 'Site')}`;

/** File of the seed of a user's nkey, in the folder of a broker's keys: each has a folder of his own, to be lent. */
export const keyFile = (user: string): string => `${user}/user.nk`;

/** What a site may do. */
export const sitePermissions = (site: string): Permissions => ({
  publish: siteServices(site).map(({ subject, as }) => as ?? subject),
  subscribe: [`${inboxOf(siteUser(site))}.>`],
  mayRespond: false,
});

const unique = (subjects: readonly string[]): string[] => [...new Set(subjects)];
