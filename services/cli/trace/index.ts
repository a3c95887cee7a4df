/** `sulcus trace`: what became of one image, as recorded spans have it. */
export { readSpanFolder, type SpanRecord } from './span-files.js';
export { buildTimeline, type TimelineEntry, type Timeline } from './timeline.js';
export { renderTimeline } from './render.js';
