/** What a peer may be allowed to do. */
export const ROLES = ['predict', 'explain', 'upload', 'annotate', 'administer'] as const;

export type Role = (typeof ROLES)[number];
