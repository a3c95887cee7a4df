import type { DataSet } from '#libs/dicom';
import type { Pseudonyms } from '../pipeline/pseudonyms.js';

/** Whom an object is of, and how its dates and UIDs change. */
export interface Identity {
  /** As the site knows her; never leaves. Issuers give out the same numbers, so theirs is part of it. */
  patientId: string;
  /** Study instance UID as the site knows it; never leaves. */
  studyUid: string;
  patient: string;
  study: string;
  series: string;
  /** Days that her dates move by, -3650 to -1. */
  shiftDays: number;
}

export function identityOf(dataSet: DataSet, pseudonyms: Pseudonyms): Identity {
  const issuer = dataSet.text('IssuerOfPatientID');
  const patientId = issuer === '' ? dataSet.text('PatientID') : `${issuer}|${dataSet.text('PatientID')}`;
  const studyUid = dataSet.text('StudyInstanceUID');
  return {
    patientId,
    studyUid,
    patient: pseudonyms.patient(patientId) ?? '',
    study: pseudonyms.study(studyUid) ?? '',
    series: pseudonyms.uid(dataSet.text('SeriesInstanceUID')),
    shiftDays: pseudonyms.shiftDays(patientId),
  };
}

/**
 * A date of DICOM (YYYYMMDD) moved by days.
 *
 * @returns '' for what is no date
 */
export function shiftDate(date: string, days: number): string {
  const match = /^(\d{4})(\d{2})(\d{2})$/.exec(date);
  if (!match) return '';
  const [, year, month, day] = match.map(Number) as [number, number, number, number];
  const time = Date.UTC(year, month - 1, day);
  // Date rolls over what is no day, such as the 31st of June.
  if (new Date(time).getUTCDate() !== day) return '';
  return new Date(time + days * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '');
}
