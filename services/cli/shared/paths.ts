import path from 'node:path';
import { packageRoot } from '#libs/service';

/** Where runs keep their state, logs and traces unless told otherwise. */
export const runsFolder = (): string => path.join(packageRoot(), '.sulcus', 'run');

/** Where the keys of brokers of this machine are found, by their port: what SULCUS_NATS_KEYS says by default. */
export const brokersFolder = (): string => path.join(runsFolder(), 'brokers');

/** Path as the user would type it from here. */
export function shownPath(absolute: string): string {
  const relative = path.relative(process.cwd(), absolute);
  return relative === '' ? '.' : relative.startsWith('..') ? absolute : relative;
}
