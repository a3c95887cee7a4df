/**
 * The scans that are being archived at this moment. Who carries a label to archived samples first waits for those that
 * it may be about: each was archived with the labels that were known when it began.
 */
export class UnderWay {
  readonly #scans = new Set<{ sampleId: string; studyId: string; done: Promise<unknown> }>();

  /** Does the work of archiving a scan; until it ends, those who wait for the scan wait. */
  async during<T>({ sampleId, studyId }: { sampleId: string; studyId: string }, work: () => Promise<T>): Promise<T> {
    const done = work();
    const scan = { sampleId, studyId, done: done.catch(() => undefined) };
    this.#scans.add(scan);
    try {
      return await done;
    } finally {
      this.#scans.delete(scan);
    }
  }

  /** Resolves when no scan of the sample or study is under way that was when this was called. */
  async settled(target: { sampleId?: string; studyId?: string }): Promise<void> {
    const meant = [...this.#scans].filter(({ sampleId, studyId }) =>
      target.sampleId ? sampleId === target.sampleId : studyId === target.studyId,
    );
    await Promise.all(meant.map(({ done }) => done));
  }
}
