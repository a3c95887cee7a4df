import sharp from 'sharp';

/*
 * libvips' own cache would hold images that are never asked for again, and its threads would compete with the event
 * loop: parallelism comes from several decodes in flight, each on one thread (measured in imaging.md: twice the number
 * of cores in flight is right).
 */
sharp.cache(false);
sharp.concurrency(1);

export { sharp };
