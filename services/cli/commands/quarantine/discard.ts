import { SulcusError } from '#libs/errors';
import { parseCommandLine } from '#libs/service';
import { discardHeld } from '#services/ingest';
import { folderOption, heldIn } from './held.js';

const OPTIONS = { dataDir: folderOption } as const;

const MIN_NAME_CHARS = 8;

/** `sulcus quarantine discard NAME...`: all of them or none. */
export async function main(argv: readonly string[]): Promise<void> {
  const description =
    'Deletes what is held, with its cause. A name may be cut behind its eighth digit; the pseudonym of a patient ' +
    'names all that is held of her.';
  const parsed = parseCommandLine(
    { name: 'sulcus quarantine discard', description, operand: '<name...>', options: OPTIONS },
    argv,
  );
  if (!parsed) return;
  const held = await heldIn(parsed.options.dataDir);
  const chosen = parsed.operands.flatMap((name) => {
    const ofPatient = held.filter(({ note }) => note.patientId === name);
    if (ofPatient.length > 0) return ofPatient;
    const [found, ...others] = held.filter((object) => object.name.startsWith(name.toLowerCase()));
    if (name.length < MIN_NAME_CHARS || !found || others.length > 0)
      throw new SulcusError('NOT_FOUND', `"${name}" names no object, or several: see sulcus quarantine list`);
    return found;
  });
  for (const object of chosen) await discardHeld(object);
  console.log(`${chosen.length} ${chosen.length === 1 ? 'object is' : 'objects are'} deleted`);
}
