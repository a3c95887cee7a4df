/** Why an alias stays where it is. */
export interface Freeze {
  readonly reason: string;
  readonly sinceUnixMs: number;
}

export const freezeKey = (alias: string): string => `freeze.${alias}`;

export const encodeFreeze = (freeze: Freeze): Buffer => Buffer.from(JSON.stringify(freeze));

/** What cannot be read holds the alias all the same: a freeze is there to keep trainers away. */
export function decodeFreeze(bytes: Buffer): Freeze {
  let read: Partial<Freeze> | null = null;
  try {
    read = JSON.parse(bytes.toString()) as Partial<Freeze> | null;
  } catch {
    // as one that says nothing
  }
  const { reason, sinceUnixMs } = read ?? {};
  return {
    reason: typeof reason === 'string' ? reason : 'the reason cannot be read: sulcus thaw ends it',
    sinceUnixMs: typeof sinceUnixMs === 'number' ? sinceUnixMs : 0,
  };
}
