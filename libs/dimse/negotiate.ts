import dimse from 'dcmjs-dimse';
import { EXPLICIT_LITTLE_ENDIAN, TRANSFER_SYNTAXES } from '#libs/dicom';
import { STORAGE_COMMITMENT } from './commitment.js';
import { PERFORMED_PROCEDURE_STEP } from './procedure-step.js';

const { PresentationContextResult } = dimse.constants;

const VERIFICATION = '1.2.840.10008.1.1';
/** All storage classes begin with this (PS3.4 annex B.5): what is no image gets an answer for each object. */
const STORAGE = /^1\.2\.840\.10008\.5\.1\.4\.(1\.1|34)\./;
/**
 * Scanners send private objects with their images (spectra, protocols, raw data), and some give up all of a study where
 * the class of one is refused: they too get an answer for each.
 */
const isPrivate = (abstract: string): boolean =>
  /^[12]\.[\d.]+$/.test(abstract) && !/^1\.2\.840\.10008\./.test(abstract);
/** What needs no codec. The explicit one comes first: it is what answers are written in. */
const UNCOMPRESSED = [EXPLICIT_LITTLE_ENDIAN, '1.2.840.10008.1.2'];
const READ = TRANSFER_SYNTAXES.map(({ uid }) => uid);

/** What is served beside storage and verification. */
export interface OfferedServices {
  commitment: boolean;
  procedureSteps: boolean;
}

/**
 * Chooses for each proposed context: of its transfer syntaxes the one that we like best, once (the example of the
 * library lets a later one overwrite it).
 */
export function negotiate(
  association: InstanceType<typeof dimse.association.Association>,
  { commitment, procedureSteps }: OfferedServices,
): void {
  const syntaxesOf = (abstract: string): readonly string[] | undefined => {
    if (abstract === VERIFICATION) return UNCOMPRESSED;
    if (abstract === STORAGE_COMMITMENT) return commitment ? UNCOMPRESSED : undefined;
    if (abstract === PERFORMED_PROCEDURE_STEP) return procedureSteps ? UNCOMPRESSED : undefined;
    return STORAGE.test(abstract) || isPrivate(abstract) ? READ : undefined;
  };
  for (const { id } of association.getPresentationContexts()) {
    const context = association.getPresentationContext(id);
    const offered = context.getTransferSyntaxUids();
    const known = syntaxesOf(context.getAbstractSyntaxUid());
    const chosen = known?.find((uid) => offered.includes(uid));
    if (known === undefined) context.setResult(PresentationContextResult.RejectAbstractSyntaxNotSupported);
    else if (chosen === undefined) context.setResult(PresentationContextResult.RejectTransferSyntaxesNotSupported);
    else context.setResult(PresentationContextResult.Accept, chosen);
  }
}

/** The context of a number, where both sides agreed on it. */
export function acceptedContext(
  association: InstanceType<typeof dimse.association.Association> | undefined,
  id: number,
): InstanceType<typeof dimse.association.PresentationContext> | undefined {
  const isKnown = association?.getPresentationContexts().some((one) => one.id === id) ?? false;
  const context = isKnown ? association?.getPresentationContext(id) : undefined;
  return context?.getResult() === PresentationContextResult.Accept ? context : undefined;
}
