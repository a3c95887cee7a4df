import { Streams, type Bus } from '#libs/bus';
import { codecs, type DeadLetter } from '#libs/contracts';
import { recordDecision } from '#libs/decisions';
import { isDamage, SulcusError } from '#libs/errors';

/** A dead letter with its number: its place on DEAD. */
export interface NumberedLetter {
  number: number;
  letter: DeadLetter;
}

/** @throws INVALID_ARGUMENT for what is no number, NOT_FOUND for one that no letter has */
export async function letterAt(bus: Bus, word: string): Promise<NumberedLetter> {
  const number = Number(word);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new SulcusError('INVALID_ARGUMENT', `"${word}" is no number of a dead letter: sulcus dead list shows them`);
  const found = await bus.get(Streams.DEAD, number, codecs.DeadLetter);
  if (!found) throw new SulcusError('NOT_FOUND', `There is no dead letter ${number} (any more): sulcus dead list`);
  return { number, letter: found.message };
}

/** The same; what lies there and is no dead letter has nothing but its number, and why it is none. */
export async function anythingAt(bus: Bus, word: string): Promise<NumberedLetter> {
  try {
    return await letterAt(bus, word);
  } catch (thrown) {
    if (!isDamage(thrown)) throw thrown;
    const { code, rawMessage: cause } = SulcusError.from(thrown);
    const number = Number(word);
    const none = { service: 'unknown', code, cause, source: `DEAD/${number}` };
    return { number, letter: codecs.DeadLetter.decode(codecs.DeadLetter.encode(none)) };
  }
}

/** The original as it came; undefined when none was kept. */
export async function originalOf(bus: Bus, { original }: DeadLetter): Promise<Buffer | undefined> {
  return original?.inline || original?.blob ? await bus.fromPayload(original) : undefined;
}

/** Takes a letter off the stream, its bytes overwritten, and puts on record why. */
export async function settleLetter(bus: Bus, { number, letter }: NumberedLetter, reason: string): Promise<void> {
  const key = `${number}-${letter.timeUnixMs}`;
  const about = `dead letter ${number} (${letter.code}, ${letter.source}): ${reason}`;
  await recordDecision(bus, { kind: 'KIND_DEAD_LETTER_SETTLED', reason: about }, { scope: letter.service, key });
  await bus.deleteMessage(Streams.DEAD, number, { erase: true });
}
