/** Text as it may stand in HTML and SVG, attributes in double quotes included. */
export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** A drawing that says in words what it shows. Sizes are user units; it shrinks with its page. */
export function svg(widthUnits: number, heightUnits: number, title: string, content: readonly string[]): string {
  const attributes = [
    'xmlns="http://www.w3.org/2000/svg"',
    `viewBox="0 0 ${widthUnits} ${heightUnits}"`,
    `width="${widthUnits}" height="${heightUnits}"`,
    `role="img" aria-label="${escapeText(title)}"`,
  ];
  return `<svg ${attributes.join(' ')}>${content.join('')}</svg>`;
}

/** A drawing with what a file of its own needs: its style, and paper to stand on. */
export const pictureFile = (drawing: string, style: string): string =>
  drawing.replace('>', `><style>${style}</style><rect width="100%" height="100%" fill="#fff"/>`);

export interface TextStyle {
  anchor?: 'start' | 'middle' | 'end';
  /** Degrees, clockwise. */
  rotate?: number;
  className?: string;
}

/** A line of text whose baseline begins, ends or is centred at a point. */
export function textAt(
  x: number,
  y: number,
  text: string,
  { anchor = 'start', rotate, className }: TextStyle = {},
): string {
  const turned = rotate === undefined ? '' : ` transform="rotate(${rotate} ${units(x)} ${units(y)})"`;
  const styled = className === undefined ? '' : ` class="${className}"`;
  return `<text x="${units(x)}" y="${units(y)}" text-anchor="${anchor}"${turned}${styled}>${escapeText(text)}</text>`;
}

/** Hundredths of a unit are finer than any screen. */
export const units = (value: number): string => String(Math.round(value * 100) / 100);
