import { dispatch } from '../../shared/dispatch.js';
import { main as list } from './list-runs.js';

const groups = {
  Commands: {
    compare: {
      operand: '<run...>',
      description: 'show what differs between runs, their best figures and curves',
      load: () => import('./compare-runs.js'),
    },
    delete: {
      operand: '[run...]',
      description: 'forget runs that nobody goes on with',
      load: () => import('./delete-run.js'),
    },
  },
};

/** `sulcus runs [compare|delete]`: without a command it lists them. */
export async function main(argv: readonly string[]): Promise<void> {
  if (argv.length === 0 || argv[0]!.startsWith('-')) return list(argv);
  await dispatch({ name: 'sulcus runs', description: 'Training runs.', groups }, argv);
}
