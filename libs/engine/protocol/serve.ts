import os from 'node:os';
import type { TensorValue } from '#libs/graph';
import { feedBytes } from './feeds.js';
import { collectGarbage } from '#libs/memory';
import type { EngineInfo } from './engine-info.js';
import type { Feed, LoweredGraph, Request, Response } from './messages.js';

/** What an engine process does. Every call blocks. */
export interface EngineSession {
  readonly info: EngineInfo;
  /** @returns the model's id */
  load(graph: LoweredGraph): number;
  /** One run: feeds in, fetched values out, in the order of `fetches`. */
  run(
    model: number,
    feeds: readonly Feed[],
    fetches: readonly string[],
    onFetched: (index: number, value: TensorValue) => void,
  ): void;
  unload(model: number): void;
  /** Gives memory back to the system that is kept for later. */
  readonly releaseFreeMemory?: (() => void) | undefined;
}

/** Feeds of this size are weights. */
const LARGE_FEED_BYTES = 32 << 20;

const send = (response: Response): void => void process.send?.(response);
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * The life of an engine process: opens the session, says that it is ready or why it is not, and answers requests until
 * the parent is gone.
 */
export async function serveEngine(open: () => EngineSession | Promise<EngineSession>): Promise<void> {
  // The channel closes when the parent ends, however it ends; a run under way is finished first because it blocks.
  process.on('disconnect', () => process.exit(0));
  // A terminal's Ctrl-C goes to the whole process group: the parent decides when this process ends.
  process.on('SIGINT', () => undefined);
  const niceness = Number(process.env['SULCUS_ENGINE_NICENESS'] ?? 0);
  if (niceness !== 0) os.setPriority(niceness);
  process.title = `sulcus-engine ${process.env['SULCUS_ENGINE_LABEL'] ?? ''}`.trim();
  try {
    const session = await open();
    answer(session);
    send({ kind: 'ready', info: session.info });
  } catch (error) {
    send({ kind: 'unavailable', message: messageOf(error) });
  }
}

function answer(session: EngineSession): void {
  const feeds = new Map<number, Feed[]>();
  // The graphs of each model that have run.
  const known = new Map<number, Set<string>>();
  /** What loading weights and the first run of a graph leave behind would lie here as long as the process runs. */
  const tidyAfter = ({ model, fetches }: { model: number; fetches: readonly string[] }, fed: readonly Feed[]): void => {
    const graph = fetches.join();
    const ofModel = known.get(model) ?? new Set<string>();
    const isLarge = fed.reduce((bytes, feed) => bytes + feedBytes(feed), 0) >= LARGE_FEED_BYTES;
    if (ofModel.has(graph) && !isLarge) return;
    known.set(model, ofModel.add(graph));
    setImmediate(() => {
      collectGarbage();
      session.releaseFreeMemory?.();
    });
  };
  const handle = (request: Request): void => {
    switch (request.kind) {
      case 'load':
        return send({ kind: 'loaded', id: request.id, model: session.load(request.graph) });
      case 'feed':
        feeds.set(request.id, [...(feeds.get(request.id) ?? []), request.feed]);
        return;
      case 'run': {
        const fed = feeds.get(request.id) ?? [];
        feeds.delete(request.id);
        session.run(request.model, fed, request.fetches, (index, value) =>
          send({ kind: 'fetched', id: request.id, index, value }),
        );
        send({ kind: 'ran', id: request.id });
        return tidyAfter(request, fed);
      }
      case 'unload':
        session.unload(request.model);
        known.delete(request.model);
        return send({ kind: 'unloaded', id: request.id });
    }
  };
  process.on('message', (request: Request) => {
    try {
      handle(request);
    } catch (error) {
      send({ kind: 'failed', id: request.id, message: messageOf(error) });
    }
  });
}
