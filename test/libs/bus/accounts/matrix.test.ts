import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { errors } from '@nats-io/nats-core';
import type { NatsConnection } from '@nats-io/transport-node';
import { BUCKETS, connectBus, STREAM_NAMES } from '#libs/bus';
import { connectAs, startNatsWithAccounts, type NatsWithAccounts } from '../../../helpers/accounts.js';

// The policy, written down a second time by hand: what a mistake in the table of grants would change shows here.

const USERS = [
  'operator',
  'ingest',
  'preprocess',
  'trainer',
  'predictor',
  'archiver',
  'site-north',
  'site-south',
] as const;
type User = (typeof USERS)[number];

const CORE = 'ingest preprocess trainer predictor archiver';
const SITES = 'site-north site-south';
const HASH = 'a'.repeat(64);

/** Who may publish under a subject, beside the operator. */
const MESSAGES: readonly [subject: string, users: string][] = [
  ['scan.v1.north.sample', 'site-north ingest archiver'],
  ['scan.v1.south.sample', 'site-south ingest archiver'],
  ['scan.v1.north.sample.more', ''],
  ['label.v1.north', 'site-north ingest archiver'],
  ['label.v1.south', 'site-south ingest archiver'],
  ['batch-request.v1.main', 'trainer'],
  ['batch.v1.main', 'preprocess'],
  ['model.v1.published', 'trainer'],
  ['decision.v1.promoted.champion.key', 'trainer'],
  [`lineage.v1.main.${HASH}`, 'trainer'],
  ['study.v1.study', 'predictor'],
  ['prediction.v1.main.main-000001.id', 'predictor'],
  [`prediction-input.v1.${HASH}.0`, 'predictor'],
  [`blob.v1.${HASH}.0`, `${CORE} ${SITES}`],
  [`blob.v1.batch.main.request.${HASH}.0`, 'preprocess'],
  [`blob.v1.checkpoint.main.1.${HASH}.0`, 'trainer'],
  [`blob.v1.model.main.1.${HASH}.0`, 'trainer'],
  ['event.v1.ingest', `ingest ${SITES}`],
  ['dead.v1.ingest', `ingest ${SITES}`],
  ...['preprocess', 'trainer', 'predictor', 'archiver'].flatMap((service): [string, string][] => [
    [`event.v1.${service}`, service],
    [`dead.v1.${service}`, service],
  ]),
  ['$KV.models.version.main-000001', 'trainer'],
  ['$KV.models.alias.champion', 'trainer'],
  ['$KV.checkpoints.main', 'trainer'],
  ['$KV.retention.main', 'trainer'],
  ['$KV.archive.sample.one', 'archiver'],
  ['$KV.withdrawn.sample.one', ''],
  ['$KV.studies.complete.north.one', 'site-north ingest'],
  ['$KV.studies.complete.south.one', 'site-south ingest'],
  ['$KV.state.id', ''],
  ['$JS.ACK.BATCH_REQUESTS.preprocess.1.1.1.1.0', 'preprocess'],
  ['$JS.ACK.core.account.BATCH_REQUESTS.preprocess.1.1.1.1.0', 'preprocess'],
  ['$JS.ACK.BATCHES.trainer-main.1.1.1.1.0', 'trainer'],
  ['site.v1', SITES],
];

const READERS: Readonly<Record<string, string>> = {
  SCANS: CORE,
  LABELS: 'trainer archiver',
  BATCH_REQUESTS: 'preprocess',
  BATCHES: 'trainer',
  MODELS: 'trainer predictor',
  DECISIONS: 'trainer',
  LINEAGE: 'trainer',
  STUDIES: 'predictor',
  PREDICTIONS: 'predictor',
  PREDICTION_INPUTS: 'predictor',
  BLOBS: CORE,
  EVENTS: '',
  DEAD: '',
  KV_models: 'trainer predictor',
  KV_checkpoints: 'trainer archiver',
  KV_retention: 'trainer archiver',
  KV_archive: CORE,
  KV_withdrawn: CORE,
  KV_studies: 'ingest predictor',
  KV_state: CORE,
};
const STREAMS = [...STREAM_NAMES, ...BUCKETS.map((bucket) => `KV_${bucket}`)];
/** Work queues are read by their consumers alone, never by place. */
const QUEUES: readonly string[] = ['BATCH_REQUESTS', 'BATCHES'];
const CONSUMERS: Readonly<Record<string, string>> = { BATCH_REQUESTS: 'preprocess', BATCHES: 'trainer-main' };
const DELETERS: Readonly<Record<string, string>> = { SCANS: 'ingest archiver', LABELS: 'archiver' };
const PURGERS: Readonly<Record<string, string>> = { BLOBS: 'trainer archiver', BATCHES: 'trainer' };

/** Who may ask the broker what about a stream, beside the operator. */
const requestsAbout = (stream: string): [subject: string, users: string][] => {
  const api = (verb: string, rest = ''): string => `$JS.API.${verb}.${stream}${rest}`;
  const readers = READERS[stream]!;
  const byPlace = QUEUES.includes(stream) ? '' : readers;
  const consumer = CONSUMERS[stream] ?? 'follow-1';
  const ofReader = ['SCANS', 'KV_archive'].includes(stream) ? `${readers} ${SITES}` : readers;
  return [
    [api('STREAM.INFO'), readers],
    [api('STREAM.MSG.GET'), byPlace],
    [api('DIRECT.GET'), byPlace],
    [api('DIRECT.GET', '.any.subject'), byPlace],
    [api('CONSUMER.CREATE', `.${consumer}`), readers],
    [api('CONSUMER.CREATE', `.${consumer}.scan.v1.north.one`), readers],
    [api('CONSUMER.MSG.NEXT', `.${consumer}`), ofReader],
    [api('CONSUMER.INFO', `.${consumer}`), ofReader],
    [api('CONSUMER.DELETE', `.${consumer}`), readers],
    [api('STREAM.MSG.DELETE'), DELETERS[stream] ?? ''],
    [api('STREAM.PURGE'), PURGERS[stream] ?? ''],
    [api('STREAM.CREATE'), ''],
    [api('STREAM.UPDATE'), ''],
  ];
};

/** What nobody may, not even the operator. */
const NOBODYS = [
  ...STREAMS.flatMap((stream) => ['DELETE', 'SNAPSHOT', 'RESTORE'].map((verb) => `$JS.API.STREAM.${verb}.${stream}`)),
  '$JS.API.STREAM.CREATE.OTHER',
  '$JS.API.STREAM.NAMES',
  '$JS.API.STREAM.LIST',
  '$JS.API.META.LEADER.STEPDOWN',
  '$SYS.REQ.SERVER.PING',
  '$KV.other.key',
  'anything',
  '_INBOX.other',
  ...USERS.map((user) => `_INBOX_${user}.request`),
];

const ALLOWED: readonly [subject: string, users: readonly string[]][] = [
  ...MESSAGES.map(([subject, users]): [string, string[]] => [
    subject,
    [...users.split(' '), ...(subject === 'site.v1' ? [] : ['operator'])],
  ]),
  ...STREAMS.flatMap(requestsAbout).map(([subject, users]): [string, string[]] => [
    subject,
    [...users.split(' '), 'operator'],
  ]),
  ['$JS.API.DIRECT.GET.SCANS.scan.v1.north.one', [...CORE.split(' '), 'operator', 'site-north']],
  ['$JS.API.DIRECT.GET.SCANS.scan.v1.south.one', [...CORE.split(' '), 'operator', 'site-south']],
  ['$JS.API.DIRECT.GET.KV_archive.$KV.archive.sample.one', [...CORE.split(' '), 'operator', ...SITES.split(' ')]],
  ['$JS.API.DIRECT.GET.KV_archive.$KV.archive.study.one.two', [...CORE.split(' '), 'operator']],
  ['$JS.API.DIRECT.GET.KV_withdrawn.$KV.withdrawn.patient.one', [...CORE.split(' '), 'operator', ...SITES.split(' ')]],
  ...NOBODYS.map((subject): [string, string[]] => [subject, []]),
];

let nats: NatsWithAccounts;
before(async () => {
  nats = await startNatsWithAccounts(undefined, ['north', 'south']);
});
after(() => nats.stop());

/** What the broker refuses of what a user does, by its subject. */
async function refused(
  user: User,
  subjects: readonly string[],
  act: (nats: NatsConnection, subject: string) => void,
): Promise<Set<string>> {
  const connection = await connectAs(nats, user);
  const found = new Set<string>();
  const watching = (async () => {
    for await (const status of connection.status())
      if (status.type === 'error' && status.error instanceof errors.PermissionViolationError)
        found.add(status.error.subject);
  })();
  for (const subject of subjects) act(connection, subject);
  await connection.flush();
  await connection.close();
  await watching;
  return found;
}

describe('every subject × every user: allowed exactly as the policy says', () => {
  for (const user of USERS) {
    test(`publishing as ${user}`, async () => {
      const subjects = ALLOWED.map(([subject]) => subject);
      const denied = await refused(user, subjects, (connection, subject) => connection.publish(subject, ''));
      const wrong = ALLOWED.filter(([subject, users]) => users.includes(user) === denied.has(subject));
      assert.deepEqual(
        wrong.map(([subject]) => `${subject}: ${denied.has(subject) ? 'refused' : 'allowed'}`),
        [],
      );
      assert.ok(subjects.length > 300 && denied.size > 50);
    });

    test(`listening as ${user}`, async () => {
      const inboxes = USERS.map((each) => `_INBOX_${each}.>`);
      const streams = ['scan.v1.>', 'label.v1.>', '$KV.>', '$JS.>', '$JS.API.>', '$JS.ACK.>', '$SYS.>'];
      const subjects = [...inboxes, '>', '*', '_INBOX.>', ...streams, 'site.v1.*'];
      const listen = (connection: NatsConnection, subject: string): void =>
        void connection.subscribe(subject, { callback: () => undefined });
      const denied = await refused(user, subjects, listen);
      assert.deepEqual(
        subjects.filter((subject) => !denied.has(subject)),
        [`_INBOX_${user}.>`, ...(user === 'archiver' ? ['site.v1.*'] : [])],
      );
    });
  }

  test('without a key, and with a key that the broker does not know, there is no connection', async () => {
    const stranger = await startNatsWithAccounts(undefined, []);
    try {
      const before = process.env['SULCUS_NATS_KEYS'];
      delete process.env['SULCUS_NATS_KEYS'];
      await assert.rejects(connectBus({ servers: nats.url, name: 'test' }), { code: 'PERMISSION_DENIED' });
      if (before !== undefined) process.env['SULCUS_NATS_KEYS'] = before;
      await assert.rejects(connectBus({ servers: nats.url, name: 'test', user: stranger.user('operator') }), {
        code: 'PERMISSION_DENIED',
      });
    } finally {
      await stranger.stop();
    }
  });
});
