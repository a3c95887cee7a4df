import { dispatch } from '../../shared/dispatch.js';

/** `sulcus broker accounts|streams`. */
export const main = (argv: readonly string[]): Promise<void> =>
  dispatch({ name: 'sulcus broker', description: 'The users and the streams of a broker.', groups }, argv);

const groups = {
  Commands: {
    accounts: {
      operand: '<folder>',
      description: "make the keys of a broker's users, and what its server is told of them",
      load: () => import('./accounts.js'),
    },
    streams: { description: 'make the streams that are missing, as the operator', load: () => import('./streams.js') },
  },
};
