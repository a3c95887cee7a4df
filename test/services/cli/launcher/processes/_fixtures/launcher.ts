/** Starts a broker and a service under supervision, prints their process ids, and waits to be killed. */
import path from 'node:path';
import { brokerReady, createBroker } from '../../../../../../services/cli/launcher/processes/broker.js';
import { SupervisedProcess } from '../../../../../../services/cli/launcher/processes/supervised-process.js';

const [folder, port, monitorPort] = process.argv.slice(2) as [string, string, string];
const broker = await createBroker({
  folder,
  logFile: path.join(folder, 'nats.log'),
  port: Number(port),
  monitorPort: Number(monitorPort),
});
const service = new SupervisedProcess({
  name: 'child',
  command: process.execPath,
  args: [...process.execArgv, path.join(import.meta.dirname, 'child.js'), 'run'],
  environment: process.env,
  logFile: path.join(folder, 'child.log'),
  orphanGuard: 'ipc',
});
broker.start();
service.start();
await brokerReady(broker, Number(port), new AbortController().signal);
process.stdout.write(`${JSON.stringify([broker.pid, service.pid])}\n`);
