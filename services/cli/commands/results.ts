import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Streams, subjects, type Bus } from '#libs/bus';
import { existingPath, integer, optional, text } from '#libs/config';
import { codecs, type StudyPrediction } from '#libs/contracts';
import { parseDicom, writeDicom, type DataSet } from '#libs/dicom';
import { parsePeer, storeObjects, type Peer } from '#libs/dimse';
import { SulcusError } from '#libs/errors';
import { decodeImage, withChannels } from '#libs/imaging';
import { createClient } from '#libs/rpc';
import { parseCommandLine, type ParsedOptions, runCommand } from '#libs/service';
import {
  environment,
  fhirBundle,
  heatMapCapture,
  loadPseudonymKey,
  Pseudonyms,
  readConfig,
  structuredReport,
  studyRegister,
  studyResult,
  type HeatMapPicture,
  type IngestConfig,
  type StudyResult,
} from '#services/ingest';
import { connectCommand } from '../shared/connect-command.js';
import { outputOption, predictorOption } from '../shared/options.js';

const OPTIONS = {
  prediction: [
    '--prediction <file>',
    optional(existingPath({ description: 'JSON of `sulcus study --json`; default: what was published last' })),
  ],
  heatMaps: [
    '--heat-maps <n>',
    integer({ min: 0, max: 32, default: 0, description: 'slices to draw heat maps of, by the predictor' }),
  ],
  output: outputOption('<folder>', 'write the objects there, and FHIR as JSON'),
  to: [
    '--to <peer>',
    optional(text({ description: 'send them there: TITLE@host:port, or a title of SULCUS_DICOM_PEERS' })),
  ],
  tlsAuthorities: [
    '--tls-ca <file>',
    optional(existingPath({ description: "PEM file of the peer's authority: the connection is by TLS" })),
  ],
  address: predictorOption,
} as const;

const SEND_TIMEOUT_MS = 120_000;

/** `sulcus results STUDY`: makes of a study's prediction what goes back into the PACS, and sends it. */
export async function main(argv: readonly string[]): Promise<void> {
  const description = `Makes of the prediction of a study (its pseudonym) what goes back to the site: a DICOM \
structured report, heat maps as Secondary Captures, and FHIR, all with the site's own identifiers. It is run where the \
images came from: the register in SULCUS_DATA_DIR knows what stands behind the pseudonyms.`;
  const { dicomTitle, dicomPeers, dicomTlsCertificate, dicomTlsKey, natsUrl, site, pseudonymKey, dataDir } =
    environment;
  const parsed = parseCommandLine(
    {
      name: 'sulcus results',
      description,
      operand: '<study>',
      options: OPTIONS,
      environment: { natsUrl, site, pseudonymKey, dataDir, dicomTitle, dicomPeers, dicomTlsCertificate, dicomTlsKey },
    },
    argv,
  );
  if (!parsed) return;
  const { operand: studyId = '', options } = parsed;
  if (options.output === undefined && options.to === undefined)
    throw new SulcusError('INVALID_CONFIG', 'Say where the results go: --output, --to or both');
  await runCommand('results', async ({ log }) => {
    const config = readConfig();
    const pseudonyms = new Pseudonyms(config.site, await loadPseudonymKey(config.pseudonymKey, config.dataDir, log));
    const study = await studyRegister(config.dataDir, pseudonyms).study(studyId);
    if (!study)
      throw new SulcusError('NOT_FOUND', `The register in ${config.dataDir} knows no study ${studyId}: no image came`);
    const peer = options.to === undefined ? undefined : peerOf(options.to, config.dicomPeers);
    await using bus = needsBroker(options) ? await connectCommand(config.natsUrl, 'results') : undefined;
    const result = studyResult(await predictionOf(studyId, options.prediction, bus), study);
    const pictures = bus && options.heatMaps > 0 ? await draw(result, bus, config.site, options) : [];
    const objects = [
      structuredReport(result),
      ...pictures.map((picture, index) => heatMapCapture(result, picture, index + 1)),
    ];
    if (options.output !== undefined) await write(options.output, objects, fhirBundle(result));
    if (peer) await send(objects, peer, config, options.tlsAuthorities);
  });
}

const needsBroker = ({ prediction, heatMaps }: ParsedOptions<typeof OPTIONS>): boolean =>
  prediction === undefined || heatMaps > 0;

function peerOf(named: string, known: readonly Peer[]): Peer {
  if (named.includes('@')) return parsePeer(named);
  const peer = known.find(({ title }) => title === named);
  if (!peer) throw new SulcusError('INVALID_CONFIG', `SULCUS_DICOM_PEERS does not say where ${named} listens`);
  return peer;
}

async function predictionOf(studyId: string, file: string | undefined, bus: Bus | undefined): Promise<StudyPrediction> {
  if (file !== undefined)
    return codecs.StudyPrediction.decode(
      codecs.StudyPrediction.encode(JSON.parse(await readFile(file, 'utf8')) as StudyPrediction),
    );
  const last = await bus!.getLast(Streams.STUDIES, subjects.study(studyId), codecs.StudyPrediction);
  if (!last) throw new SulcusError('NOT_FOUND', `Nothing was published of the study ${studyId} (SULCUS_STUDIES=true)`);
  return last.message;
}

/** Of the slices that show most, each as the predictor explains it. */
async function draw(
  { prediction, images }: StudyResult,
  bus: Bus,
  site: string,
  { heatMaps, address }: ParsedOptions<typeof OPTIONS>,
): Promise<HeatMapPicture[]> {
  using client = createClient('Predictor', address, { serverName: 'predictor' });
  await client.waitForReady();
  const slices = prediction.slices
    .filter(({ used, sampleId }) => used && images.has(sampleId))
    .sort((left, right) => right.finding - left.finding)
    .slice(0, heatMaps);
  const pictures: HeatMapPicture[] = [];
  for (const { sampleId } of slices) {
    const scan = await bus.getLast('SCANS', subjects.scan(site, sampleId), codecs.Scan);
    if (!scan?.message.image)
      throw new SulcusError(
        'NOT_FOUND',
        `The slice ${sampleId} is not on SCANS: sulcus archive restore brings it back`,
      );
    const image = await bus.fromPayload(scan.message.image);
    const { explanation } = await client.predict({ image, explain: { className: prediction.predictedClass } });
    const { width, height, data } = withChannels(await decodeImage(explanation!.png), 3);
    const { className, method } = explanation!;
    pictures.push({ ...{ sampleId, className, method, width, height }, rgb: data });
  }
  return pictures;
}

async function write(folder: string, objects: readonly DataSet[], fhir: object): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [index, object] of objects.entries()) {
    const file = path.join(folder, index === 0 ? 'report.dcm' : `heat-map-${index}.dcm`);
    const bytes = writeDicom(object);
    parseDicom(bytes); // what is written can be read
    await writeFile(file, bytes, { mode: 0o600 });
    process.stdout.write(`${file}\n`);
  }
  const file = path.join(folder, 'fhir.json');
  await writeFile(file, `${JSON.stringify(fhir, undefined, 2)}\n`, { mode: 0o600 });
  process.stdout.write(`${file}\n`);
}

async function send(
  objects: readonly DataSet[],
  peer: Peer,
  { dicomTitle, dicomTlsCertificate: certificate, dicomTlsKey: key }: IngestConfig,
  authorities: string | undefined,
): Promise<void> {
  const tls = authorities === undefined ? undefined : { certificate, key, authorities };
  const answers = await storeObjects({ peer, callingTitle: dicomTitle, timeoutMs: SEND_TIMEOUT_MS, tls }, objects);
  const refused = answers.filter(({ status }) => status !== 0 && status >>> 12 !== 0xb);
  const [first] = refused;
  if (first)
    throw new SulcusError(
      'SERVICE_UNAVAILABLE',
      `${peer.title} refused ${refused.length} of ${objects.length} objects: ` +
        `0x${first.status.toString(16).padStart(4, '0')} ${first.comment}`,
    );
  process.stdout.write(`${objects.length} objects are at ${peer.title}\n`);
}
