import { HeaderName, subjects, type Bus } from '#libs/bus';
import { codecs, type ModelEventInput } from '#libs/contracts';
import type { AliasRecord } from './alias.js';
import type { ModelCard } from './card.js';

/** Tells what happened, once: a repetition after a crash may come later than the broker remembers message ids. */
async function tell(bus: Bus, event: string, card: ModelCard, body: ModelEventInput, messageId: string): Promise<void> {
  const last = await bus.lastReadable('MODELS', subjects.model(event), codecs.ModelEvent);
  if (last?.headers.get(HeaderName.MESSAGE_ID) === messageId) return;
  const { loss, accuracy } = card.metrics.validation;
  const message = {
    version: card.version,
    timeUnixMs: Date.now(),
    validationLoss: loss,
    validationAccuracy: accuracy,
    ...body,
  };
  await bus.publish(subjects.model(event), codecs.ModelEvent, message, { messageId });
}

export const tellPublished = (bus: Bus, card: ModelCard): Promise<void> =>
  tell(bus, 'published', card, { kind: 'KIND_PUBLISHED' }, `published:${card.version}`);

/** The same once more, where what was told is lost: the broker itself may still take it for a repetition. */
export const tellPublishedAgain = (bus: Bus, card: ModelCard): Promise<void> =>
  tell(bus, 'published', card, { kind: 'KIND_PUBLISHED' }, `published:${card.version}:${Date.now()}`);

export const tellDeclined = (bus: Bus, card: ModelCard, reason: string): Promise<void> =>
  tell(bus, 'declined', card, { kind: 'KIND_DECLINED', reason }, `declined:${card.version}`);

/** @param card of the version that the alias points to now */
export const tellMoved = (
  bus: Bus,
  alias: string,
  card: ModelCard,
  { kind, reason, revision, history }: AliasRecord,
): Promise<void> =>
  tell(
    bus,
    kind,
    card,
    {
      kind: kind === 'promoted' ? 'KIND_PROMOTED' : 'KIND_ROLLED_BACK',
      alias,
      previousVersion: history[0]?.version,
      reason,
    },
    `${alias}:${revision}`,
  );

/** @param version that the alias points to, or empty */
export async function tellFreeze(
  bus: Bus,
  alias: string,
  version: string,
  { kind, reason }: { kind: 'KIND_FROZEN' | 'KIND_THAWED'; reason: string },
): Promise<void> {
  const event = kind === 'KIND_FROZEN' ? 'frozen' : 'thawed';
  const message = { kind, alias, version, reason, timeUnixMs: Date.now() };
  await bus.publish(subjects.model(event), codecs.ModelEvent, message);
}
