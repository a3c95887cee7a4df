import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import sharp from 'sharp';
import { connectBus, writeScanHeaders } from '#libs/bus';
import type { Split } from '#libs/contracts';
import { decodeImage, encodeImage, PHANTOM_CLASSES, perceptualHash, renderPhantom } from '#libs/imaging';
import { seenInTraining } from '../../../../../services/cli/launcher/evaluation/seen-in-training.js';
import { startNats } from '../../../../helpers/nats.js';
import { publishScan } from '../../../../helpers/scans.js';

const png = (patient: number): Promise<Buffer> =>
  encodeImage(renderPhantom({ class: PHANTOM_CLASSES[patient % 4]!, seed: 5, size: 128, patient }), 'png');

test('test images are found whose picture is a training image saved anew, and no others', async () => {
  const nats = await startNats();
  try {
    await using bus = await connectBus({ servers: nats.url, name: 'test' });
    await bus.ensureTopology();
    const publish = async (image: Buffer, split: Split): Promise<string> => {
      const sampleId = createHash('sha256').update(image).digest('hex');
      const hash = perceptualHash(await decodeImage(image));
      await publishScan(bus, image, { split }, writeScanHeaders({ sampleId, split, perceptualHash: hash }));
      return sampleId;
    };
    for (let patient = 0; patient < 12; patient++)
      await publish(await png(patient), patient < 8 ? 'SPLIT_TRAIN' : 'SPLIT_VALIDATION');
    for (let patient = 20; patient < 24; patient++) await publish(await png(patient), 'SPLIT_TEST');
    const again = async (patient: number): Promise<Buffer> =>
      sharp(await png(patient))
        .jpeg({ quality: 50 })
        .toBuffer();
    const seen = await publish(await again(3), 'SPLIT_TEST');
    await publish(await again(9), 'SPLIT_TEST'); // of validation, which is not trained on
    assert.deepEqual([...(await seenInTraining(bus, AbortSignal.timeout(30_000)))], [seen]);
  } finally {
    await nats.stop();
  }
});
