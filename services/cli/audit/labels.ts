import { Streams, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { IdentityTable } from './identity-table.js';

/** Samples and studies that a label was given to apart from the image. */
export interface GivenLabels {
  samples: IdentityTable;
  studies: IdentityTable;
}

/** Reads LABELS. @throws BUS_UNAVAILABLE */
export async function readGivenLabels(bus: Bus, signal: AbortSignal): Promise<GivenLabels> {
  const given = { samples: new IdentityTable(), studies: new IdentityTable() };
  if ((await bus.statsOf(Streams.LABELS)).messages === 0) return given;
  const codec = codecs.LabelEvent;
  for await (const { message } of bus.follow({ stream: Streams.LABELS, codec, storedOnly: true, signal })) {
    if (message?.sampleId) given.samples.add(message.sampleId);
    else if (message?.studyId) given.studies.add(message.studyId);
  }
  return given;
}
