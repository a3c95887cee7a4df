/** An attribute of the DICOM JSON model (PS3.18 annex F), with values of the kinds that answers are made of. */
export interface JsonAttribute {
  readonly vr: string;
  readonly Value?: readonly (string | number | JsonDataSet)[];
}

/** Attributes by tag, eight hexadecimal digits. */
export type JsonDataSet = { readonly [tag: string]: JsonAttribute };

const NAMESPACE = 'http://dicom.nema.org/PS3.19/models/NativeDICOM';

/**
 * A data set in XML, as the Native DICOM Model has it (PS3.19 annex A.1).
 *
 * @param keywords of its attributes, by tag (PS3.6)
 */
export const nativeModel = (dataSet: JsonDataSet, keywords: Readonly<Record<string, string>>): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n` +
  `<NativeDicomModel xml:space="preserve" xmlns="${NAMESPACE}">\n${attributesOf(dataSet, keywords)}` +
  '</NativeDicomModel>\n';

const attributesOf = (dataSet: JsonDataSet, keywords: Readonly<Record<string, string>>): string =>
  Object.entries(dataSet)
    .map(([tag, { vr, Value: values = [] }]) => {
      const named = keywords[tag] === undefined ? '' : ` keyword="${keywords[tag]}"`;
      const head = `<DicomAttribute tag="${tag}" vr="${vr}"${named}`;
      if (values.length === 0) return `${head}/>\n`;
      const written = values.map((value, index) => valueOf(value, index + 1, keywords)).join('');
      return `${head}>\n${written}</DicomAttribute>\n`;
    })
    .join('');

const valueOf = (
  value: string | number | JsonDataSet,
  number: number,
  keywords: Readonly<Record<string, string>>,
): string =>
  typeof value === 'object'
    ? `<Item number="${number}">\n${attributesOf(value, keywords)}</Item>\n`
    : `<Value number="${number}">${escaped(String(value))}</Value>\n`;

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** What its sender wrote may be anything; some characters cannot stand in XML at all. */
const escaped = (text: string): string =>
  text.replace(/[&<>]/g, (character) => ESCAPES[character]!).replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/g, '\ufffd');
