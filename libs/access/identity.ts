import type { Role } from './roles.js';

/** A peer that has proved who it is. */
export interface Identity {
  /** For people and logs: the URI of its certificate, or the name that the policy gives to its token. */
  readonly name: string;
  /** Site that it may send for; undefined: it belongs to none, and may send for any. */
  readonly site?: string | undefined;
  readonly roles: ReadonlySet<Role>;
}
