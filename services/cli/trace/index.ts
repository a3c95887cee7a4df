/** `sulcus trace`: what became of one image, told from recorded spans. */
export { readSpanFolder, type SpanRecord } from './span-files.js';
export { tellStory, type Chapter, type Story } from './story.js';
export { renderStory } from './render.js';
