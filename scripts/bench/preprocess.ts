/** Speed of preprocessing: `npm run bench:preprocess -- --help`. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encodeImage, PHANTOM_CLASSES, renderPhantom, withChannels } from '#libs/imaging';
import type { Contestant } from './measure.js';
import { startPeer } from './peer.js';
import { startOwnPreprocess } from './preprocess-own.js';
import { readPreprocessOptions, type PreprocessBenchOptions } from './preprocess-options.js';
import { jsonLine, table } from './report.js';
import { interleave, report } from './run.js';

const SIZE_PX = 512;
const IMAGES = 128;
/** Gives files of about 28 kB, like those of the brain tumour data set. */
const JPEG_QUALITY = 65;

/** A folder per class, as ImageFolder wants it. */
async function writeImages(folder: string, components: 1 | 3): Promise<string[]> {
  const files: string[] = [];
  for (const label of PHANTOM_CLASSES) await mkdir(path.join(folder, label));
  for (let patient = 0; patient < IMAGES; patient++) {
    const label = PHANTOM_CLASSES[patient % PHANTOM_CLASSES.length]!;
    const phantom = renderPhantom({ class: label, seed: 1, size: SIZE_PX, patient });
    const file = path.join(folder, label, `${patient}.jpg`);
    await writeFile(file, await encodeImage(withChannels(phantom, components), 'jpeg', { quality: JPEG_QUALITY }));
    files.push(file);
  }
  return files;
}

async function runBenchmark(options: PreprocessBenchOptions): Promise<string> {
  const { source, workers, batch, size, components, seconds, peer, json, variants } = options;
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-bench-'));
  const parties: Contestant[] = [];
  try {
    const files = await writeImages(folder, components);
    parties.push(await startOwnPreprocess(files, options));
    if (peer)
      for (const variant of variants)
        parties.push(await startPeer('peer_preprocess.py', variant, [folder, size, batch, workers]));
    const rounds = peer ? options.rounds : 1;
    const [own, ...peers] = await interleave(parties, rounds, seconds / rounds, batch);
    if (json) return jsonLine({ source, workers, batch, size, components }, own!, peers, true);
    return table(
      `S0 train transform from ${source}, ${workers} workers, batch ${batch}, ${size} px from ${SIZE_PX} px`,
      options,
      own!,
      peers,
    );
  } finally {
    for (const party of parties) await party.close();
    await rm(folder, { recursive: true, force: true });
  }
}

await report('preprocess', async () => {
  const options = readPreprocessOptions(process.argv.slice(2));
  return options && (await runBenchmark(options));
});
