import { deviceCount, type DeviceSelection } from '#libs/engine';

/**
 * What is said of the devices of a run, for people: nothing where there is one and no more was asked for.
 *
 * @param shardDevices that the engine spreads shards over
 * @param shards of the recipe's steps
 */
export function describeDevices(
  selection: DeviceSelection,
  shardDevices: readonly string[],
  shards: number,
): string | undefined {
  const [asked, used] = [deviceCount(selection), shardDevices.length];
  if (asked <= 1 && used <= 1) return undefined;
  const counted = used === 1 ? 'one device' : `${used} devices`;
  const text = `training on ${counted} (${shardDevices.join(', ')})`;
  if (asked <= used) return text;
  const reason = shards > used ? 'the engine has no more' : `the recipe has ${shards === 1 ? 'no' : shards} shards`;
  return `${text}, not on ${asked}: ${reason}`;
}
