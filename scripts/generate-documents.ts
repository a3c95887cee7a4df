/** Writes the documents that are made from the sources; with --check it only compares, and fails when one differs. */
await import('./generate-accounts.js');
await import('./generate-environment.js');
await import('./generate-limits.js');
await import('./generate-recipe-schema.js');
