import { DISCLAIMER, uidOfUuid, type StudyResult } from './result.js';

const DICOM_UID = 'urn:dicom:uid';

/**
 * The same result for systems that speak FHIR (R4): a collection of the study, an observation of each probability, and
 * a preliminary report. Nobody has verified it, and it says so.
 */
export function fhirBundle(result: StudyResult): object {
  const { prediction, study } = result;
  const { attributes } = study;
  const id = prediction.studyPredictionId;
  const subject = { identifier: { value: attributes.PatientID }, display: attributes.PatientName.replaceAll('^', ' ') };
  const when = new Date(Number(prediction.predictedUnixMs)).toISOString();
  const entry = (fullUrl: string, resource: object): object => ({ fullUrl, resource });
  const studyUrl = `urn:oid:${attributes.StudyInstanceUID}`;
  const observations = prediction.probabilities.map(({ className, probability }) => ({
    resourceType: 'Observation',
    status: 'preliminary',
    code: { text: `Probability of ${className}` },
    ...{ subject, effectiveDateTime: when },
    valueQuantity: { value: probability, unit: '1', system: 'http://unitsofmeasure.org', code: '1' },
    device: { display: `sulcus ${prediction.modelVersion}` },
  }));
  const urlOf = (index: number): string => `urn:oid:${uidOfUuid(id)}.${index + 1}`;
  return {
    resourceType: 'Bundle',
    type: 'collection',
    timestamp: when,
    entry: [
      entry(studyUrl, imagingStudy(result, subject)),
      ...observations.map((observation, index) => entry(urlOf(index), observation)),
      entry(`urn:oid:${uidOfUuid(id)}`, {
        resourceType: 'DiagnosticReport',
        identifier: [{ system: DICOM_UID, value: `urn:oid:${uidOfUuid(id)}` }],
        status: 'preliminary',
        category: [
          { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0074', code: 'RAD', display: 'Radiology' }] },
        ],
        code: { text: `Study prediction by sulcus: ${DISCLAIMER}` },
        ...{ subject, effectiveDateTime: when, issued: when },
        imagingStudy: [{ reference: studyUrl }],
        result: observations.map((_, index) => ({ reference: urlOf(index) })),
        conclusion: `${DISCLAIMER}. ${prediction.summary}`,
      }),
    ],
  };
}

function imagingStudy({ study, modality }: StudyResult, subject: object): object {
  const { attributes, objects } = study;
  const series = new Map<string, object[]>();
  for (const { seriesUid, sopInstanceUid, sopClassUid } of objects) {
    const instances = series.get(seriesUid) ?? [];
    instances.push({
      uid: sopInstanceUid,
      sopClass: { system: 'urn:ietf:rfc:3986', code: `urn:oid:${sopClassUid}` },
    });
    series.set(seriesUid, instances);
  }
  return {
    resourceType: 'ImagingStudy',
    identifier: [{ system: DICOM_UID, value: `urn:oid:${attributes.StudyInstanceUID}` }],
    status: 'available',
    subject,
    numberOfSeries: series.size,
    numberOfInstances: objects.length,
    series: [...series].map(([uid, instance]) => ({
      uid,
      modality: { system: 'http://dicom.nema.org/resources/ontology/DCM', code: modality },
      numberOfInstances: instance.length,
      instance,
    })),
  };
}
