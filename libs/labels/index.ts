/**
 * Which label counts for a sample, whatever order scans and labels are read in. Imports bus and contracts.
 *
 *     const labels = await readLabels(bus, signal);
 *     const { name } = labels.newest({ sampleId, studyId, label });
 */
export { LabelBook, type Label, type LabelSubject } from './label-book.js';
export { readLabels } from './read-labels.js';
