import { dispatch } from '../../shared/dispatch.js';

/** `sulcus quarantine list|discard`. */
export const main = (argv: readonly string[]): Promise<void> =>
  dispatch({ name: 'sulcus quarantine', description: 'What must not leave the site, and why.', groups }, argv);

const groups = {
  Commands: {
    list: { description: 'list what is held, oldest first, with the cause', load: () => import('./list.js') },
    discard: {
      operand: '<name...>',
      description: 'delete what is held, by the first digits of its name',
      load: () => import('./discard.js'),
    },
  },
};
