import { Streams, subjects, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { Registry } from '#libs/registry';

/** A validation of a run. */
export interface ValidationOfRun {
  step: number;
  loss: number;
  /** Fraction, 0-1. */
  accuracy: number;
}

/** The validations of runs by step: as they were reported, or as the cards of their versions have them. */
export async function readValidations(bus: Bus, runs: readonly string[]): Promise<Map<string, ValidationOfRun[]>> {
  const found = new Map(runs.map((run) => [run, new Map<number, ValidationOfRun>()]));
  for (const { run, step, metrics } of await new Registry(bus).list()) {
    const { loss, accuracy } = metrics.validation;
    found.get(run)?.set(step, { step, loss, accuracy });
  }
  const followed = bus.follow({
    stream: Streams.EVENTS,
    subject: subjects.event('trainer'),
    codec: codecs.PipelineEvent,
    storedOnly: true,
    signal: new AbortController().signal,
  });
  for await (const { message } of followed) {
    const validation = message?.validation;
    if (!validation) continue;
    const { run, step, loss, accuracy } = validation;
    found.get(run)?.set(step, { step, loss, accuracy });
  }
  return new Map([...found].map(([run, byStep]) => [run, [...byStep.values()].sort((a, b) => a.step - b.step)]));
}
