/** Steps of the colour map: one per grey level. */
const LEVELS = 256;

/**
 * From dark violet through red to light yellow: lightness, and hue in degrees, rise evenly; all colours are within
 * sRGB.
 */
const LIGHTNESS = { first: 0.35, last: 0.92 };
const HUE_DEGREES = { first: 300, last: 460 };
const CHROMA = 0.14;

/**
 * Heat colours, [256, 3] R, G, B: equal steps look equally large, and in grey print the map still rises. They are even
 * in OKLCH (Ottosson 2020, https://bottosson.github.io/posts/oklab/).
 */
export const heatColours: Uint8Array = Uint8Array.from(
  Array.from({ length: LEVELS }, (_, level) => {
    const share = level / (LEVELS - 1);
    const between = ({ first, last }: { first: number; last: number }): number => first + share * (last - first);
    return oklchToRgb(between(LIGHTNESS), CHROMA, between(HUE_DEGREES));
  }).flat(),
);

/** A colour of OKLCH as 8-bit sRGB; the matrices are those of the definition. */
function oklchToRgb(lightness: number, chroma: number, hueDegrees: number): number[] {
  const hue = (hueDegrees * Math.PI) / 180;
  const [a, b] = [chroma * Math.cos(hue), chroma * Math.sin(hue)];
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
    -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
    -0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short,
  ].map(encodeSrgb);
}

/** A linear component, 0-1, as sRGB stores it, 0-255. */
function encodeSrgb(linear: number): number {
  const encoded = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
  return Math.round(255 * Math.min(1, Math.max(0, encoded)));
}
