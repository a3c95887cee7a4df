import { forgetOldest } from '#libs/memory';

/** Under which label each sample was learned last, by its sequence. */
export interface LabelsLearned {
  get(sequence: number): string | undefined;
  set(sequence: number, label: string): void;
  clear(): void;
}

/** Of all samples: two bytes each. */
export class AllLabels implements LabelsLearned {
  #numbers = new Uint16Array(1024);
  readonly #names: string[] = [''];

  get(sequence: number): string | undefined {
    const number = this.#numbers[sequence] ?? 0;
    return number === 0 ? undefined : this.#names[number];
  }

  set(sequence: number, label: string): void {
    if (sequence >= this.#numbers.length) {
      const grown = new Uint16Array(Math.max(sequence + 1, this.#numbers.length * 2));
      grown.set(this.#numbers);
      this.#numbers = grown;
    }
    let number = this.#names.indexOf(label, 1);
    if (number < 0) number = this.#names.push(label) - 1;
    this.#numbers[sequence] = number;
  }

  clear(): void {
    this.#numbers.fill(0);
  }
}

/** Of the samples that were learned last, so many. */
export class RecentLabels implements LabelsLearned {
  readonly #labels = new Map<number, string>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(sequence: number): string | undefined {
    return this.#labels.get(sequence);
  }

  set(sequence: number, label: string): void {
    this.#labels.delete(sequence);
    this.#labels.set(sequence, label);
    forgetOldest(this.#labels, this.#capacity);
  }

  clear(): void {
    this.#labels.clear();
  }
}
