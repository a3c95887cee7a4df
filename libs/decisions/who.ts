import { hostname, userInfo } from 'node:os';
import type { Bus } from '#libs/bus';

/** Who decides through this connection: `account@machine (service or command)`. */
export function whoDecides({ name }: Pick<Bus, 'name'>): string {
  return `${account()}@${hostname()} (${name})`;
}

/** Containers may run under a number that no account has. */
function account(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
