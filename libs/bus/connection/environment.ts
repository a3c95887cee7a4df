import { text } from '#libs/config';

/** Where the broker is: the same variable and default for every service and command. */
export const busEnvironment = {
  natsUrl: [
    'SULCUS_NATS_URL',
    text({ default: 'nats://127.0.0.1:4222', description: 'NATS servers, comma-separated' }),
  ],
} as const;
