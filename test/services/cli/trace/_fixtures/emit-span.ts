/**
 * One process, one span: `emit-span.ts <service> <json>` with {name, attributes, links, child}. Prints the traceparent
 * of its innermost span, as a service would send it along.
 */
import { startTelemetry, withSpan } from '#libs/telemetry';

const [service, json] = process.argv.slice(2) as [string, string];
const { name, attributes, links, child } = JSON.parse(json) as {
  name: string;
  attributes: Record<string, string | number>;
  links?: string[];
  child?: string;
};
const telemetry = await startTelemetry(service);
await withSpan(
  name,
  { root: true, attributes, links: links?.map((traceparent) => ({ traceparent })) },
  async (span) => {
    if (child) await withSpan(child, { kind: 'producer' }, (inner) => void process.stdout.write(inner.traceparent));
    else process.stdout.write(span.traceparent);
  },
);
await telemetry.shutdown();
