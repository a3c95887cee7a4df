import { codecs, type PipelineEventInput } from '#libs/contracts';
import { createLogger } from '#libs/telemetry';
import type { Bus } from '../bus.js';
import { subjects } from '../topology.js';

const log = createLogger('bus');

/**
 * Tells operators what a service does. Never throws: a report that cannot be sent must not stop the work it is about.
 *
 * @param body one of the bodies of PipelineEvent, for example `{ state: { state: 'ready', message: '' } }`
 */
export async function publishEvent(
  bus: Bus,
  service: string,
  instance: string,
  body: Omit<PipelineEventInput, 'service' | 'instance' | 'timeUnixMs'>,
): Promise<void> {
  try {
    await bus.publish(subjects.event(service), codecs.PipelineEvent, {
      service,
      instance,
      timeUnixMs: Date.now(),
      ...body,
    });
  } catch (error) {
    log.debug({ err: error }, 'A pipeline event could not be published');
  }
}
