import type { StreamSample } from './stream-sample.js';

/** The held samples of each study: a label may be given to all of them at once. */
export class StudyMembers {
  readonly #members = new Map<string, Set<string>>();

  /** Identities of the samples held of a study, sorted: the order in which they came is not kept. */
  of(studyId: string): string[] {
    return [...(this.#members.get(studyId) ?? [])].sort();
  }

  add({ id, studyId }: Pick<StreamSample, 'id' | 'studyId'>): void {
    if (studyId === '') return;
    const members = this.#members.get(studyId) ?? new Set();
    members.add(id);
    this.#members.set(studyId, members);
  }

  remove({ id, studyId }: Pick<StreamSample, 'id' | 'studyId'>): void {
    const members = this.#members.get(studyId);
    members?.delete(id);
    if (members?.size === 0) this.#members.delete(studyId);
  }
}
