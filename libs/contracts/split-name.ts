import type { Split } from './generated/sulcus/v1/Split.js';

const NAMES: Readonly<Record<Split, 'unknown' | 'train' | 'validation' | 'test' | 'gate'>> = {
  SPLIT_UNSPECIFIED: 'unknown',
  SPLIT_TRAIN: 'train',
  SPLIT_VALIDATION: 'validation',
  SPLIT_TEST: 'test',
  SPLIT_GATE: 'gate',
};

/** What people call a split. A value from elsewhere that is none stays as it is. */
export const splitName = (split: Split): string => NAMES[split] ?? String(split);
