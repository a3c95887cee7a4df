import { SulcusError } from '#libs/errors';

/** A name of a site, as subjects can hold it. */
const SITE = /^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/;

/**
 * A caller speaks for its own site alone, and nobody for what is no site.
 *
 * @param site that is spoken for
 * @param callerSite that the caller's identity names; undefined: it may speak for every one
 * @throws INVALID_ARGUMENT, PERMISSION_DENIED
 */
export function requireOwnSite(site: string, callerSite: string | undefined): void {
  if (!SITE.test(site)) throw new SulcusError('INVALID_ARGUMENT', `"${site.slice(0, 64)}" is no name of a site`);
  if (callerSite !== undefined && callerSite !== site)
    throw new SulcusError('PERMISSION_DENIED', `A peer of the site "${callerSite}" may not send for "${site}"`);
}
