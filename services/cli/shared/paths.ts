import path from 'node:path';
import { packageRoot } from '#libs/service';

/** Where runs keep their state, logs and traces unless told otherwise. */
export const runsFolder = (): string => path.join(packageRoot(), '.sulcus', 'run');

/** Path as the user would type it from here. */
export function shownPath(absolute: string): string {
  const relative = path.relative(process.cwd(), absolute);
  return relative === '' ? '.' : relative.startsWith('..') ? absolute : relative;
}
