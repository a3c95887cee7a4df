/** Opens one short span every 50 ms until killed, or `count` of them and then exits early without shutting down. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startTelemetry, withSpan } from '#libs/telemetry';

const count = Number(process.argv[2] ?? Number.POSITIVE_INFINITY);
const telemetry = await startTelemetry('fixture');
for (let index = 0; index < count; index++) {
  await withSpan('tick', { attributes: { index } }, () => undefined);
  process.stdout.write(`${index}\n`);
  await sleep(50);
}
if (process.argv[3] === 'shutdown') await telemetry.shutdown();
process.exit();
