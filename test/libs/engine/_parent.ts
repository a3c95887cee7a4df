/** A process that starts an engine, prints the engine's process id and waits: the crash tests kill it. */
import { startEngine } from '#libs/engine';

const engine = await startEngine({ label: 'test orphan', threads: 1 });
process.stdout.write(`${engine.pid}\n`);
setInterval(() => undefined, 1000);
