/** Ingest: takes images in at a site over gRPC, from a watched folder, from folders and manifests. */
export { main } from './main.js';

// ---- to build the service or an import in another process
export { IngestService, runIngest, type IngestContext } from './service.js';
export { importPath, type ImportContext, type ImportOptions } from './sources/files/import-files.js';
export { listData } from './sources/files/list-data.js';
export { manifestColumn, parseColumns, type ColumnNames } from './sources/manifest/columns.js';
export { readImageFile } from './sources/files/read-image-file.js';
export { placeOf } from './sources/folder/layout.js';
export { unwrap } from './sources/folder/unwrap.js';
export { cleanLabel } from './pipeline/labels.js';
export { SampleNames } from './pipeline/sample-names.js';
export { refuseMislabelled } from './pipeline/refuse-mislabelled.js';
export { BrokerSink, type BrokerSinkContext } from './pipeline/broker-sink.js';
export { Ingestor, type IngestorContext } from './pipeline/ingestor.js';
export type { IngestOptions, NamedSample, Refused, SampleSink, StoreScan } from './pipeline/sample-sink.js';
export type { PreparedScan } from './pipeline/prepare-scan.js';
export { OpenSources, type SourcesContext } from './sources/open-sources.js';
export { discardHeld, listHeld, Quarantine, type HeldObject, type HoldingNote } from './sources/dicom/quarantine.js';
export { IngestEvents, reportOn, type IngestCounts, type Report } from './events.js';
export type { ImageInput, IngestOutcome } from './pipeline/outcome.js';
export { Pseudonyms } from './pipeline/pseudonyms.js';
export { loadPseudonymKey } from './pipeline/pseudonym-key.js';
export { chooseSplit, type AssignedSplit, type SplitIdentity, type SplitShares } from './pipeline/splits.js';
export {
  environment,
  importEnvironment,
  intakeEnvironment,
  readConfig,
  readImportConfig,
  sourcesEnvironment,
  type ImportConfig,
  type IngestConfig,
  type IntakeConfig,
  type SourcesConfig,
} from './config.js';

export { pull, type PullContext } from './sources/pull/pull.js';
export { datesOf, isOpen, readPullRules, type PullRule, type PullRules } from './sources/pull/rules.js';

// ---- results that go back to the site
export { studyRegister, type StudyRegister } from './register/study-register.js';
export { studyResult, type StudyResult } from './results/result.js';
export { structuredReport } from './results/structured-report.js';
export { heatMapCapture, type HeatMapPicture } from './results/heat-map-capture.js';
export { fhirBundle } from './results/fhir.js';

// ---- DICOM at the edge
export { DicomIntake, type OpenedObject } from './sources/dicom/dicom-intake.js';
export { deidentify, DEIDENTIFICATION } from './deidentify/deidentify.js';
export { identityOf, shiftDate, type Identity } from './deidentify/identities.js';
export { describeImage, type ImageCodes } from './deidentify/describe.js';
export { releaseOf, HELD_BECAUSE, type FilterReason, type HoldReason } from './deidentify/release-policy.js';
export {
  EMPTIED,
  KEPT_NUMBERS,
  KEPT_TABLES,
  KEPT_WORDS,
  MAPPED_UIDS,
  SHIFTED_DATES,
} from './deidentify/kept-attributes.js';
