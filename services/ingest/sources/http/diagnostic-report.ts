import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { SulcusError } from '#libs/errors';
import { httpStatusOf, readBody, type HttpAnswer, type HttpCall, type Route } from '#libs/http';
import { LIMITS } from '#libs/limits';
import { cleanLabel } from '../../pipeline/labels.js';

/** Gives a study of the site a label. */
export type LabelStudy = (
  label: { studyUid: string; label: string; labelSource: string },
  signal: AbortSignal,
) => Promise<void>;

/** Classes by the codes that reports say them with: `system|code`. */
export type CodeTable = ReadonlyMap<string, string>;

const FHIR = 'application/fhir+json';
/** Given out for good; others may still change (https://hl7.org/fhir/R4/valueset-diagnostic-report-status.html). */
const FINAL: ReadonlySet<string> = new Set(['final', 'amended', 'corrected', 'appended']);

/** Entries of a list; a report has some few. */
const MAX_LISTED = 1000;

/** A longer list is none, before any of it is looked at. */
const listOf = <T extends z.ZodType>(entry: T) =>
  z.preprocess((value) => (Array.isArray(value) && value.length > MAX_LISTED ? null : value), z.array(entry));

const codings = listOf(z.object({ system: z.string().optional(), code: z.string().optional() }));
const concept = z.object({ coding: codings.optional() });
const identifier = z.object({ system: z.string().optional(), value: z.string().optional() });
const report = z.object({
  resourceType: z.literal('DiagnosticReport'),
  status: z.string(),
  conclusionCode: listOf(concept).optional(),
  identifier: listOf(identifier).optional(),
  imagingStudy: listOf(z.object({ identifier: identifier.optional() })).optional(),
});
type Report = z.infer<typeof report>;

const table = z.array(z.strictObject({ system: z.string().min(1), code: z.string().min(1), label: z.string().min(1) }));

/**
 * Reads a table of codes: JSON, `[{"system": "http://snomed.info/sct", "code": "393564001", "label": "glioma"}]`.
 *
 * @throws INVALID_CONFIG naming the file and every mistake
 */
export async function readCodeTable(file: string): Promise<CodeTable> {
  try {
    const entries = table.parse(JSON.parse(await readFile(file, 'utf8')));
    return new Map(entries.map(({ system, code, label }) => [`${system}|${code}`, cleanLabel(label)]));
  } catch (error) {
    const why =
      error instanceof z.ZodError ? error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) : [];
    throw new SulcusError(
      'INVALID_CONFIG',
      `The table of codes ${file} cannot be used: ${why.join('; ') || String(error)}`,
    );
  }
}

/**
 * Labels from reports (FHIR R4 DiagnosticReport, https://hl7.org/fhir/R4/diagnosticreport.html): its study by the study
 * instance UID, its class by a code of its conclusion that the table knows. Nothing else of it is looked at or kept.
 */
export const takeReports = (codes: CodeTable, label: LabelStudy): Route => ({
  method: 'POST',
  path: /^\/fhir\/DiagnosticReport\/?$/,
  operation: 'fhir/DiagnosticReport',
  handle: (call) => take(codes, label, call),
  onError: (error) => outcome(SulcusError.from(error)),
});

async function take(codes: CodeTable, label: LabelStudy, { body, signal }: HttpCall): Promise<HttpAnswer> {
  const parsed = report.safeParse(parseJson(await readBody(body, LIMITS.reportBytes.value)));
  if (!parsed.success) throw wrong('it is no DiagnosticReport');
  const { status } = parsed.data;
  if (!FINAL.has(status)) throw wrong(`its status is "${status.slice(0, 40)}", and only final reports give labels`);
  const [studyUid, ...otherStudies] = studiesOf(parsed.data);
  if (studyUid === undefined) throw wrong('it names no study: give its UID as an identifier of system urn:dicom:uid');
  if (otherStudies.length > 0) throw wrong('it names several studies: send one report for each');
  const [found, ...others] = new Set(labelsOf(parsed.data, codes));
  if (found === undefined) throw wrong('none of the codes of its conclusion is in SULCUS_LABEL_CODES');
  if (others.length > 0) throw wrong('the codes of its conclusion stand for several classes');
  await label({ studyUid, label: found, labelSource: 'report' }, signal);
  return outcomeOf(200, 'information', 'informational', 'The study has its label');
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw wrong('it is no JSON');
  }
}

/** Of its studies, by their identifiers or its own: `urn:oid:` before the UID means nothing more. */
function studiesOf({ imagingStudy = [], identifier: own = [] }: Report): string[] {
  const identifiers = [...imagingStudy.flatMap((study) => study.identifier ?? []), ...own];
  const uids = identifiers
    .filter(({ system }) => system === 'urn:dicom:uid')
    .map(({ value = '' }) => value.replace(/^urn:oid:/, '').trim())
    .filter((value) => /^[0-9.]{1,64}$/.test(value));
  return [...new Set(uids)];
}

const labelsOf = ({ conclusionCode = [] }: Report, codes: CodeTable): string[] =>
  conclusionCode
    .flatMap(({ coding = [] }) => coding)
    .flatMap(({ system = '', code = '' }) => codes.get(`${system}|${code}`) ?? []);

const wrong = (what: string): SulcusError => new SulcusError('INVALID_ARGUMENT', `The report is not taken: ${what}`);

/** What could not be processed is 422 in FHIR (https://hl7.org/fhir/R4/http.html#create). */
function outcome(error: SulcusError): HttpAnswer {
  const status = error.code === 'INVALID_ARGUMENT' ? 422 : httpStatusOf(error);
  const text = error.code === 'INTERNAL' ? 'The report could not be processed' : error.rawMessage;
  return outcomeOf(status, 'error', ISSUES[error.code] ?? (status >= 500 ? 'transient' : 'processing'), text);
}

const ISSUES: Readonly<Record<string, string>> = {
  INVALID_ARGUMENT: 'invalid',
  NOT_FOUND: 'not-found',
  UNAUTHENTICATED: 'login',
  PERMISSION_DENIED: 'forbidden',
};

const outcomeOf = (status: number, severity: string, code: string, text: string): HttpAnswer => ({
  status,
  contentType: FHIR,
  body: { resourceType: 'OperationOutcome', issue: [{ severity, code, diagnostics: text }] },
});
