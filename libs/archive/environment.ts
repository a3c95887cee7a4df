import { optional, text } from '#libs/config';

/** Where the archive is: the same variables for the archiver and for commands. */
export const archiveEnvironment = {
  archive: ['SULCUS_ARCHIVE', text({ description: 'where the archive is: a folder, or s3://bucket/prefix' })],
  archiveEndpoint: [
    'SULCUS_ARCHIVE_ENDPOINT',
    optional(text({ description: 'address of an S3-compatible server, such as http://127.0.0.1:9000 (default: AWS)' })),
  ],
} as const;
