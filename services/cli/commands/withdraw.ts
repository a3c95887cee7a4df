import { flag, optional, site as siteName, text } from '#libs/config';
import { SulcusError } from '#libs/errors';
import { parseCommandLine, runCommand } from '#libs/service';
import { importEnvironment, loadPseudonymKey, Pseudonyms } from '#services/ingest';
import { connectCommand } from '../shared/connect-command.js';
import { jsonOption, natsOption } from '../shared/options.js';
import { requireState } from '../shared/require-state.js';
import { sampleNamed } from '../shared/sample-of.js';
import { findSample, findSamplesOf } from '../withdraw/find-samples.js';
import { retrain } from '../withdraw/retrain.js';
import type { RefusedTold } from '../withdraw/refused.js';
import { withdraw } from '../withdraw/withdraw.js';
import { archiveIfAny } from './archive/archive-if-any.js';
import { placeOptions } from './archive/open-archive.js';

const [siteVariable] = importEnvironment.site;
const [keyVariable, pseudonymKey] = importEnvironment.pseudonymKey;
const [dataVariable, dataDir] = importEnvironment.dataDir;

const OPTIONS = {
  reason: ['--reason <text>', text({ description: 'why, for the record' })],
  patientId: [
    '--patient-id',
    flag({ default: false, description: 'the name is the patient id as the site knows it, not a pseudonym' }),
  ],
  site: [
    '--site <name>',
    siteName({ default: 'local', description: 'site whose patient id it is' }),
    { variable: siteVariable },
  ],
  retrain: [
    '--retrain <run>',
    optional(text({ description: 'train this run anew without what is withdrawn, and wait for it' })),
  ],
  json: jsonOption(
    'write one line of JSON: {samples, patient?, refused, versions: [{version, labels, samples}], retrained?}',
  ),
  nats: natsOption,
  ...placeOptions,
} as const;

/** Dead letters that are named; there may be thousands. */
const MAX_NAMED = 20;

const ENVIRONMENT = { pseudonymKey: [keyVariable, pseudonymKey], dataDir: [dataVariable, dataDir] } as const;

const NOTES = `A sample is named by its identity or its image file, a patient by the pseudonym, or with --patient-id \
by the id, where the site's pseudonym key is (SULCUS_PSEUDONYM_KEY or SULCUS_DATA_DIR). What is withdrawn is refused \
when it is sent again (WITHDRAWN), also new images of the patient. What was refused of it goes as well: dead letters, \
and what lies in SULCUS_DATA_DIR where this runs; what names no patient is told of. Versions that had learned from it \
are listed and marked; whether they go on serving is yours to decide (sulcus rollback, --retrain).`;

/** `sulcus withdraw PATIENT|SAMPLE`. */
export async function main(argv: readonly string[]): Promise<void> {
  const description =
    'Takes a sample, or all samples of a patient, out of everything that is stored and learned from, for good, and ' +
    'puts on record why.';
  const parsed = parseCommandLine(
    {
      name: 'sulcus withdraw',
      description,
      operand: '<patient or sample>',
      options: OPTIONS,
      environment: ENVIRONMENT,
      notes: NOTES,
    },
    argv,
  );
  if (!parsed) return;
  const { options } = parsed;
  await runCommand('withdraw', async ({ signal, log }) => {
    await using bus = await connectCommand(options.nats, 'withdraw', signal);
    await requireState(bus);
    await bus.ensureTopology();
    const archive = await archiveIfAny(options);
    const name = options.patientId ? parsed.operand! : await sampleNamed(parsed.operand!, log);
    const isSample = /^[0-9a-f]{64}$/.test(name) && !options.patientId;
    const patientId = isSample ? undefined : options.patientId ? await pseudonymOf(name, options.site, log) : name;
    const one = isSample ? await findSample(bus, name) : undefined;
    const samples = one ? [one] : patientId === undefined ? [] : await findSamplesOf(bus, archive, patientId, signal);
    if (isSample && !one) throw new SulcusError('NOT_FOUND', `The sample ${name} was never accepted here`);
    const { reason } = options;
    const request = { samples, patientId, reason, dataDir: folderOfData() };
    const { versions, refused } = await withdraw(bus, archive, request, signal);
    const retrained =
      options.retrain === undefined
        ? undefined
        : await retrain(bus, options.retrain, {
            natsUrl: options.nats,
            reason: `without what is withdrawn: ${reason}`,
            signal,
          });
    await archive?.close();
    const whose = patientId === undefined ? {} : { patient: patientId };
    const told = { samples: samples.length, ...whose, refused, versions };
    if (options.json)
      return console.log(JSON.stringify({ ...told, ...(options.retrain && { retrained: retrained ?? null }) }));
    console.log(
      `${samples.length} samples withdrawn${patientId === undefined ? '' : `, and all of ${patientId} to come`}`,
    );
    for (const line of refusedLines(refused)) console.log(line);
    for (const { version, samples: count } of versions) console.log(`${version} had learned from ${count} of them`);
    if (options.retrain !== undefined)
      console.log(
        retrained === undefined ? 'retrained: no version was offered' : `retrained without them: ${retrained}`,
      );
  });
}

const folderOfData = (): string => process.env[dataVariable] ?? dataDir.default!;

/** What was refused and kept, for people. */
function* refusedLines({ letters, held, unknown }: RefusedTold): Generator<string> {
  if (letters + held > 0)
    yield `${letters + held} that were refused are deleted: ${letters} dead letters, ${held} in ${folderOfData()}`;
  if (unknown.letters.length > 0)
    yield `Of nobody known, look at them: sulcus dead show ${unknown.letters.slice(0, MAX_NAMED).join(', ')}`;
  if (unknown.held.length > 0)
    yield `Of nobody known, look at them: ${unknown.held.length} objects of sulcus quarantine list`;
}

async function pseudonymOf(id: string, site: string, log: Parameters<typeof loadPseudonymKey>[2]): Promise<string> {
  const given = process.env[keyVariable] === undefined ? undefined : pseudonymKey.parse(process.env[keyVariable]);
  const key = await loadPseudonymKey(given, folderOfData(), log);
  const pseudonym = new Pseudonyms(site, key).patient(id);
  if (pseudonym === undefined) throw new SulcusError('INVALID_ARGUMENT', 'The patient id is empty');
  return pseudonym;
}
