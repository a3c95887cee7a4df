/** Report folder of a finished run. */
export { prepareReportFolder, writeReport } from './write-report.js';
export type { ReportSource } from './report-data.js';
export { comparisonChart } from './charts.js';
export { writeLayers } from './write-layers.js';
