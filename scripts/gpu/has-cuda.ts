/** Prints `yes: …` when TensorFlow runs on a GPU here, else `no: ` and exactly why. */
import { describeEngine, listGpus, startEngine } from '#libs/engine';

try {
  await using engine = await startEngine({ kind: 'tensorflow', label: 'gpu check' });
  const onGpu = engine.info.devices[0]?.startsWith('GPU') ?? false;
  const why =
    listGpus().length === 0
      ? 'the driver lists no GPU'
      : 'this libtensorflow was built without CUDA, or its CUDA libraries do not load';
  console.log(onGpu ? `yes: ${describeEngine(engine.info)}` : `no: ${why} (${describeEngine(engine.info)})`);
} catch (error) {
  console.log(`no: ${(error as Error).message.split('\n')[0]}`);
}
