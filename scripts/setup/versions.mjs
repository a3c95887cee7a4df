/** Versions as numbers, so that 2.10 is newer than 2.9. */

/**
 * Finds the first dotted number in a text: `nats-server: v2.15.1` → `[2, 15, 1]`. Missing parts count as 0.
 * @param {string} text
 * @returns {[number, number, number] | undefined}
 */
export function parseVersion(text) {
  const match = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return match ? [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)] : undefined;
}

/**
 * Negative when `a` is older than `b`, positive when newer, 0 when they agree in the first three numbers.
 * @param {string} a @param {string} b
 * @throws {TypeError} when one of them holds no version.
 */
export function compareVersions(a, b) {
  const [left, right] = [parseVersion(a), parseVersion(b)];
  if (!left || !right) throw new TypeError(`Not a version: "${left ? b : a}"`);
  for (let part = 0; part < 3; part += 1) {
    if (left[part] !== right[part]) return left[part] - right[part];
  }
  return 0;
}

/** True when `version` is `floor` or newer. @param {string} version @param {string} floor */
export function isAtLeast(version, floor) {
  return parseVersion(version) !== undefined && compareVersions(version, floor) >= 0;
}
