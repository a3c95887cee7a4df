import { Streams, type StreamName } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { Registry, type ModelCard } from '#libs/registry';
import type { AuditContext } from './context.js';

/** Streams whose messages no other part of an audit misses, one by one. */
const RECORDS = ['LABELS', 'MODELS', 'STUDIES', 'EVENTS', 'DEAD', 'PREDICTIONS'] as const satisfies StreamName[];

/**
 * What the broker counts in the other streams can be read. What a damaged disk has cut off at the end of one is in no
 * count any more: only of MODELS it is known by the cards what must be there.
 */
export async function auditStreams(context: AuditContext, cards: readonly ModelCard[]): Promise<void> {
  for (const stream of RECORDS) await auditReadable(context, stream);
  await auditAnnouncements(context, cards);
}

async function auditReadable({ bus, findings, signal }: AuditContext, stream: StreamName): Promise<void> {
  const { messages } = await bus.statsOf(stream);
  if (messages === 0) return;
  const onUnreadable = ({ count, sequences }: { count: number; sequences: readonly number[] }): void =>
    findings.add({
      kind: 'unreadable',
      where: sequences.length === 1 ? `${stream}/${sequences[0]}` : stream,
      count,
      what:
        `${count} stored messages cannot be read: the broker has damaged files` +
        (sequences.length > 1
          ? ` (places ${sequences.slice(0, 10).join(', ')}${sequences.length > 10 ? ', …' : ''})`
          : ''),
    });
  for await (const _ of bus.follow({ stream, headersOnly: true, storedOnly: true, signal, onUnreadable }));
}

/** Every version was announced to those who follow models. */
async function auditAnnouncements({ bus, findings, signal }: AuditContext, cards: readonly ModelCard[]): Promise<void> {
  if (cards.length === 0) return;
  const announced = new Set<string>();
  const stored = { stream: Streams.MODELS, codec: codecs.ModelEvent, storedOnly: true, signal };
  if ((await bus.statsOf(Streams.MODELS)).messages > 0)
    for await (const { message } of bus.follow(stored))
      if (message?.kind === 'KIND_PUBLISHED') announced.add(message.version);
  for (const card of cards.filter(({ version }) => !announced.has(version)))
    findings.add(
      {
        kind: 'unrecorded',
        where: `version ${card.version}`,
        what: `it was published, and ${Streams.MODELS} does not say so: views and summaries do not count it`,
      },
      async () => {
        await new Registry(bus).announce(card);
        return `announced ${card.version} again`;
      },
    );
}
