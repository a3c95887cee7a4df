/** Why an alias stays where it is. */
export interface Freeze {
  readonly reason: string;
  readonly sinceUnixMs: number;
}

export const freezeKey = (alias: string): string => `freeze.${alias}`;

export const encodeFreeze = (freeze: Freeze): Buffer => Buffer.from(JSON.stringify(freeze));

export const decodeFreeze = (bytes: Buffer): Freeze => JSON.parse(bytes.toString()) as Freeze;
