import { optional, text } from '#libs/config';

/** Where the broker is: the same variables and defaults for every service and command. */
export const busEnvironment = {
  natsUrl: [
    'SULCUS_NATS_URL',
    text({ default: 'nats://127.0.0.1:4222', description: 'NATS servers, comma-separated' }),
  ],
  monitorUrl: [
    'SULCUS_NATS_MONITOR_URL',
    optional(text({ description: "the broker's monitoring, such as http://127.0.0.1:8222: is it well, does it sync" })),
  ],
  stateId: [
    'SULCUS_STATE_ID',
    optional(text({ description: 'the state that the broker must hold (the launcher sets it); another is refused' })),
  ],
} as const;
