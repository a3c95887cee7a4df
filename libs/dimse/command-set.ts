/** Command field of a C-STORE request (PS3.7 annex E.1). */
export const C_STORE_REQUEST = 0x0001;

const COMMAND_FIELD = 0x0100;

/**
 * Which command a command set is: group 0000 in Implicit VR Little Endian (PS3.7 section 6.3.1).
 *
 * @returns undefined for what is none
 */
export function commandFieldOf(command: Buffer): number | undefined {
  for (let at = 0; at + 10 <= command.length; at += 8 + command.readUInt32LE(at + 4))
    if (command.readUInt32LE(at) === COMMAND_FIELD << 16) return command.readUInt16LE(at + 8);
  return undefined;
}
