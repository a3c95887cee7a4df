import { dispatch } from '../../shared/dispatch.js';

/** `sulcus dead list|show|retry|discard`. */
export const main = (argv: readonly string[]): Promise<void> =>
  dispatch({ name: 'sulcus dead', description: 'What could not be used, and why.', groups }, argv);

const groups = {
  Commands: {
    list: { description: 'list the dead letters, oldest first', load: () => import('./list.js') },
    show: {
      operand: '<number>',
      description: 'show one whole, or write its original to a file',
      load: () => import('./show.js'),
    },
    retry: {
      operand: '<number...>',
      description: 'send what could not be used on its way again',
      load: () => import('./retry.js'),
    },
    discard: {
      operand: '<number...>',
      description: 'delete dead letters with their originals, and put on record why',
      load: () => import('./discard.js'),
    },
  },
};
