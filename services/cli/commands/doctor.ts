import { flag, optional, parseEnvironment, text } from '#libs/config';
import { parseCommandLine } from '#libs/service';

const DEFAULT_URL = 'nats://127.0.0.1:4222';

const ENVIRONMENT = {
  natsUrl: [
    'SULCUS_NATS_URL',
    optional(text({ description: `NATS server that services are to use (default: ${DEFAULT_URL})` })),
  ],
} as const;

/** `sulcus doctor`: what this machine has, and whether its engine computes what it should. Exit code 1 when something prevents running. */
export async function doctorMain(argv: readonly string[]): Promise<void> {
  const parsed = parseCommandLine(
    {
      name: 'sulcus doctor',
      description:
        'Looks at what sulcus needs on this machine, says what to do about what is missing, and checks two training\nsteps against stored numbers of PyTorch. It brings nothing in and changes nothing.',
      options: { json: ['--json', flag({ default: false, description: 'print one JSON object' })] },
      environment: ENVIRONMENT,
    },
    argv,
  );
  if (!parsed) return;
  const { natsUrl } = parseEnvironment(ENVIRONMENT);
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
