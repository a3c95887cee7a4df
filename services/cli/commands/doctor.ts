import { busEnvironment } from '#libs/bus';
import { parseCommandLine } from '#libs/service';
import { jsonOption, optionalNatsOption } from '../shared/options.js';

const DEFAULT_URL = busEnvironment.natsUrl[1].default!;

const OPTIONS = {
  nats: optionalNatsOption(`NATS server that services are to use; ${DEFAULT_URL} when nobody says`),
  json: jsonOption('write one JSON object instead of lines'),
} as const;

/**
 * `sulcus doctor`: what this machine has, and whether its engine computes what it should. Exit code 1 when something
 * prevents running.
 */
export async function main(argv: readonly string[]): Promise<void> {
  const description = `Looks at what sulcus needs on this machine, says what to do about what is missing, and checks \
two training steps against stored numbers of PyTorch. It brings nothing in and changes nothing.`;
  const parsed = parseCommandLine({ name: 'sulcus doctor', description, options: OPTIONS }, argv);
  if (!parsed) return;
  const { nats: natsUrl } = parsed.options;
  const [{ machineFindings }, { engineFindings }, { brokerFindings }, { allWell, renderFindings }] = await Promise.all([
    import('../doctor/machine.js'),
    import('../doctor/engine.js'),
    import('../doctor/broker.js'),
    import('../doctor/finding.js'),
  ]);
  const findings = [
    ...machineFindings(),
    ...(await engineFindings()),
    ...(await brokerFindings({ url: natsUrl ?? DEFAULT_URL, named: natsUrl !== undefined })),
  ];
  const ok = allWell(findings);
  process.stdout.write(parsed.options.json ? `${JSON.stringify({ ok, findings })}\n` : renderFindings(findings));
  if (!ok) process.exitCode = 1;
}
