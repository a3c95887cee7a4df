import { dispatch } from '../../shared/dispatch.js';

/** `sulcus archive list|restore`. */
export const main = (argv: readonly string[]): Promise<void> =>
  dispatch(
    { name: 'sulcus archive', description: 'What left the broker for the archive, and how it comes back.', groups },
    argv,
  );

const groups = {
  Commands: {
    list: { description: 'list the archived samples', load: () => import('./list.js') },
    restore: {
      operand: '[sample...]',
      description: 'send archived samples to SCANS again, to be learned or looked at',
      load: () => import('./restore.js'),
    },
  },
};
