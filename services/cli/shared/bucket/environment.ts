import { optional, text } from '#libs/config';

/** Of data that are named as s3://bucket/prefix; credentials are found as all AWS tools find them. */
export const bucketEnvironment = {
  endpoint: [
    'SULCUS_DATA_ENDPOINT',
    optional(text({ description: 'address of an S3-compatible server, such as http://127.0.0.1:9000 (default: AWS)' })),
  ],
} as const;
