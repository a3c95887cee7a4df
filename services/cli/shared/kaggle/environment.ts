import { optional, secret, text, type Parsed } from '#libs/config';

/** What is read when data are named as `kaggle:owner/name`: the variables of Kaggle's own tools, and where to ask. */
export const kaggleEnvironment = {
  username: ['KAGGLE_USERNAME', optional(text({ description: "user of Kaggle; default: kaggle.json's" }))],
  key: ['KAGGLE_KEY', optional(secret({ description: "the user's key; default: kaggle.json's" }))],
  configFolder: [
    'KAGGLE_CONFIG_DIR',
    optional(text({ description: 'folder of kaggle.json, which nobody else may read; default: ~/.kaggle' })),
  ],
  apiUrl: ['SULCUS_KAGGLE_URL', text({ default: 'https://www.kaggle.com/api/v1', description: "Kaggle's API" })],
} as const;

export type KaggleConfig = Parsed<typeof kaggleEnvironment>;
