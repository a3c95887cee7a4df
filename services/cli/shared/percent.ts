/** A fraction for people. @param digits behind the point */
export const percent = (fraction: number, digits = 1): string => `${(fraction * 100).toFixed(digits)} %`;
