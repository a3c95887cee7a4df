const HEADER_BYTES = 128;
const TAG_BYTES = 12;
/** Type and reserved bytes before the content of a tag. */
const TYPE_BYTES = 8;
/** Texts of a profile: description, copyright, maker, model, viewing conditions, target, metadata (ICC.1:2022, 9). */
const TEXT_TAGS = ['desc', 'cprt', 'dmnd', 'dmdd', 'vued', 'targ', 'meta', 'scrd', 'pseq', 'psid', 'tech'];

/** A colour profile whose texts are blank: what it says of colours stays. */
export function withoutProfileTexts(profile: Buffer): Buffer {
  if (profile.length < HEADER_BYTES + 4) return profile;
  const clean = Buffer.from(profile);
  const count = Math.min(profile.readUInt32BE(HEADER_BYTES), 100);
  for (let index = 0; index < count; index++) {
    const at = HEADER_BYTES + 4 + TAG_BYTES * index;
    if (at + TAG_BYTES > profile.length) break;
    if (!TEXT_TAGS.includes(profile.toString('latin1', at, at + 4))) continue;
    const from = profile.readUInt32BE(at + 4) + TYPE_BYTES;
    const to = profile.readUInt32BE(at + 4) + profile.readUInt32BE(at + 8);
    if (from < to && to <= clean.length) clean.fill(0, from, to);
  }
  return clean;
}
