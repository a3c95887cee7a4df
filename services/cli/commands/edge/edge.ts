import { main as run } from '#services/edge';
import { dispatch } from '../../shared/dispatch.js';

const groups = {
  Commands: {
    status: {
      description: 'tell what waits, since when, how the link is and what became of the samples',
      load: () => import('./edge-status.js'),
    },
    verify: {
      description: 'try the way to the core and to DICOM peers: who they are, round trips, the clocks',
      load: () => import('./edge-verify.js'),
    },
  },
};

/** `sulcus edge [status|verify]`: without a command it takes images in. */
export async function main(argv: readonly string[]): Promise<void> {
  if (argv.length === 0 || argv[0]!.startsWith('-')) return run(argv);
  await dispatch({ name: 'sulcus edge', description: 'Store and forward, beside the scanners.', groups }, argv);
}
