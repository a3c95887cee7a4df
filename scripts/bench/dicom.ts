/**
 * `npm run bench:dicom`: slices per second over one association, from DCMTK's storescu to durable on the broker. The
 * slices are MR, 512 x 512, 16 bits, each with its own pixels; the broker writes to disk before it answers.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectBus } from '#libs/bus';
import { dataSetOf, shortsElement, tagOf, textElement, writeDicom, type Keyword } from '#libs/dicom';
import { createLogger } from '#libs/telemetry';
import { IngestService, readConfig } from '#services/ingest';
import { dcmtk, runDcmtk } from '../../test/helpers/dcmtk.js';
import { startNats } from '../../test/helpers/nats.js';

const SLICES = 200;
const SIZE = 512;
const ROUNDS = 3;

function sliceOf(index: number, round: number): Buffer {
  const pixels = Buffer.alloc(2 * SIZE * SIZE);
  for (let at = 0; at < SIZE * SIZE; at++)
    pixels.writeUInt16LE((at * 31 + index * 977 + round * 7919 + (at >> 9) * index) & 0xfff, 2 * at);
  const texts: Partial<Record<Keyword, string>> = {
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.4',
    SOPInstanceUID: `2.25.${1_000_000 + round * 1000 + index}`,
    StudyInstanceUID: `2.25.${2000 + round}`,
    SeriesInstanceUID: `2.25.${3000 + round}`,
    Modality: 'MR',
    PatientID: 'BENCH',
    PatientName: 'Bench',
    ImageType: 'ORIGINAL\\PRIMARY\\M',
    PhotometricInterpretation: 'MONOCHROME2',
    InstanceNumber: String(index),
  };
  const numbers = {
    SamplesPerPixel: 1,
    Rows: SIZE,
    Columns: SIZE,
    BitsAllocated: 16,
    BitsStored: 12,
    HighBit: 11,
    PixelRepresentation: 0,
  };
  return writeDicom(
    dataSetOf([
      ...Object.entries(texts).map(([keyword, text]) => textElement(keyword as Keyword, text)),
      ...Object.entries(numbers).map(([keyword, value]) => shortsElement(keyword as Keyword, [value])),
      { tag: tagOf('PixelData'), vr: 'OW', bytes: pixels },
    ]),
  );
}

if (!dcmtk('storescu')) throw new Error('There is no storescu here: npm run setup:peers brings it');
const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-bench-dicom-'));
const nats = await startNats();
try {
  await using bus = await connectBus({ servers: nats.url, name: 'bench' });
  await bus.ensureTopology();
  const config = readConfig({
    SULCUS_NATS_URL: nats.url,
    SULCUS_INGEST_ADDRESS: '127.0.0.1:0',
    SULCUS_DICOM_ADDRESS: '127.0.0.1:0',
    SULCUS_DICOM_CALLERS: '*',
    SULCUS_DATA_DIR: folder,
    SULCUS_PSEUDONYM_KEY: 'a key for measurements',
  });
  const log = createLogger('ingest', { write: () => undefined });
  await using service = await IngestService.start({ bus, config, log, instance: 'bench' });
  for (let round = 0; round < ROUNDS; round++) {
    const slices = path.join(folder, `round-${round}`);
    const files = await Promise.all(
      Array.from({ length: SLICES }, async (_, index) => {
        const file = `${slices}-${index}.dcm`;
        await writeFile(file, sliceOf(index, round));
        return file;
      }),
    );
    const startMs = performance.now();
    const { code, output } = await runDcmtk('storescu', [
      '-aec',
      'SULCUS',
      '127.0.0.1',
      String(service.dicomPort),
      ...files,
    ]);
    const seconds = (performance.now() - startMs) / 1000;
    if (code !== 0) throw new Error(`storescu failed: ${output.slice(-500)}`);
    const { messages } = await bus.statsOf('SCANS');
    const rssMb = Math.round(process.memoryUsage().rss / 1e6);
    process.stdout.write(
      `round ${round + 1}: ${SLICES} slices in ${seconds.toFixed(2)} s, ${(SLICES / seconds).toFixed(0)} slices/s · ` +
        `${messages} on SCANS · ${rssMb} MB\n`,
    );
  }
} finally {
  await nats.stop();
  await rm(folder, { recursive: true, force: true });
}
