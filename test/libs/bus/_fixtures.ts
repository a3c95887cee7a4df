import type { TestContext } from 'node:test';
import { connectBus, subjects, type Bus } from '#libs/bus';
import { codecs, type LabelEvent } from '#libs/contracts';

/** A connected bus that is drained when the test ends. */
export async function connect(test: TestContext, url: string, name = 'test'): Promise<Bus> {
  const bus = await connectBus({ servers: url, name });
  test.after(() => bus.drain());
  return bus;
}

/** Publishes small messages `label 0` … to one subject, with ids, one after the other. */
export async function publishLabels(bus: Bus, site: string, from: number, to: number): Promise<void> {
  for (let index = from; index < to; index++) {
    await bus.publish(
      subjects.label(site),
      codecs.LabelEvent,
      { sampleId: String(index), label: `label ${index}` },
      { messageId: `${site}-${index}` },
    );
  }
}

export const idOf = (message: LabelEvent | undefined): number => Number(message?.sampleId);

export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);
