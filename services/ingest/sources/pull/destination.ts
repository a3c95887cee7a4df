import { SulcusError } from '#libs/errors';
import type { SourcesConfig } from '../../config.js';
import type { PullRules } from './rules.js';

/**
 * Archives that send by C-MOVE send to the door of C-STORE: there must be one, and they must be let in.
 *
 * @throws INVALID_CONFIG saying what to set
 */
export function requireDestination({ peers, rules }: PullRules, { dicomAddress, dicomCallers }: SourcesConfig): void {
  for (const name of new Set(rules.map(({ peer }) => peer))) {
    const { dicom } = peers[name]!;
    if (dicom?.retrieve !== 'move') continue;
    const { title, host } = dicom.peer;
    if (dicomAddress === undefined)
      throw new SulcusError(
        'INVALID_CONFIG',
        `SULCUS_PULL_RULES has "${name}" send by C-MOVE: set SULCUS_DICOM_ADDRESS, where its objects come in`,
      );
    if (!dicomCallers.some((caller) => caller.title === title || caller.title === '*'))
      throw new SulcusError(
        'INVALID_CONFIG',
        `SULCUS_PULL_RULES has "${name}" send by C-MOVE: name it in SULCUS_DICOM_CALLERS, such as ${title}@${host}`,
      );
  }
}
