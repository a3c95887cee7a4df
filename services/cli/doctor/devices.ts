import { trainingDevices, type EngineInfo } from '#libs/engine';
import { SulcusError } from '#libs/errors';
import type { Finding } from './finding.js';

/** What a recipe with shards would train on: the choice of SULCUS_DEVICES, looked for on this machine. */
export function devicesFinding(info: EngineInfo): Finding {
  try {
    const devices = trainingDevices(info);
    const counted = devices.length === 1 ? 'one device' : `${devices.length} devices`;
    const chosen = process.env['SULCUS_DEVICES'];
    const by = chosen === undefined || chosen === '' ? '' : ` (SULCUS_DEVICES=${chosen})`;
    const text = `a recipe with shards trains on ${counted}: ${devices.join(', ')}${by}`;
    return { topic: 'devices', status: 'ok', text, facts: { devices } };
  } catch (error) {
    return {
      topic: 'devices',
      status: 'problem',
      text: SulcusError.from(error).rawMessage,
      advice: 'let SULCUS_DEVICES name what is there, or unset it',
      facts: { devices: [] },
    };
  }
}
