import dimse from 'dcmjs-dimse';
import { TRANSFER_SYNTAXES } from '#libs/dicom';

const { PresentationContextResult } = dimse.constants;

const VERIFICATION = '1.2.840.10008.1.1';
/** All storage classes begin with this (PS3.4 annex B.5): what is no image gets an answer for each object. */
const STORAGE = /^1\.2\.840\.10008\.5\.1\.4\.(1\.1|34)\./;
const UNCOMPRESSED = new Set(['1.2.840.10008.1.2', '1.2.840.10008.1.2.1']);

/**
 * Chooses for each proposed context: of its transfer syntaxes the one that we like best, once (the example of the
 * library lets a later one overwrite it).
 */
export function negotiate(association: InstanceType<typeof dimse.association.Association>): void {
  for (const { id } of association.getPresentationContexts()) {
    const context = association.getPresentationContext(id);
    const offered = context.getTransferSyntaxUids();
    const abstract = context.getAbstractSyntaxUid();
    const isEcho = abstract === VERIFICATION;
    if (!isEcho && !STORAGE.test(abstract)) {
      context.setResult(PresentationContextResult.RejectAbstractSyntaxNotSupported);
      continue;
    }
    const known = TRANSFER_SYNTAXES.map(({ uid }) => uid).filter((uid) => !isEcho || UNCOMPRESSED.has(uid));
    const chosen = known.find((uid) => offered.includes(uid));
    if (chosen === undefined) context.setResult(PresentationContextResult.RejectTransferSyntaxesNotSupported);
    else context.setResult(PresentationContextResult.Accept, chosen);
  }
}
