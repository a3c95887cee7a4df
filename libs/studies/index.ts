/**
 * Which scans belong to which study. Imports async, bus, errors and telemetry.
 *
 *     const index = new StudyIndex(bus, log);
 *     await index.upToDate(signal);
 *     index.slicesOf(studyId); // [{ sequence, sampleId }, …]
 */
export { StudyIndex, type StoredSlice, type OnSlice } from './study-index.js';
export { CompletedStudies, type CompletedStudy } from './completed-studies.js';
