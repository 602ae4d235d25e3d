// What this process appended to a stream and reads back from it: handed to its readers as it was before it was encoded, so that
// a stage need not decode what its neighbour in the same process has just encoded. A message is known by its position and by
// the name of the unit it was published in, which no other writer has.

interface Own {
  readonly unit: string;
  readonly bytes: number;
  readonly decoded: unknown;
}

/** A reader that is further behind decodes for itself. */
const KEPT_BYTES = 8 * 2 ** 20;

export class OwnAppends {
  /** By sequence, ascending. */
  readonly #own = new Map<number, Own>();
  #bytes = 0;

  /** On its way: whether it gets there is told by its coming back. */
  note(sequence: number, unit: string, bytes: number, decoded: unknown): void {
    this.#drop(sequence);
    this.#own.set(sequence, { unit, bytes, decoded });
    this.#bytes += bytes;
    for (const oldest of this.#own.keys()) {
      if (this.#bytes <= KEPT_BYTES) break;
      this.#drop(oldest);
    }
  }

  has(sequence: number): boolean {
    return this.#own.has(sequence);
  }

  /** What the message was encoded from; undefined when it is another's, or was forgotten. */
  decoded(sequence: number, unit: string): unknown {
    const own = this.#own.get(sequence);
    return own?.unit === unit ? own.decoded : undefined;
  }

  /** Every reader of this process is past this position. */
  forget(upTo: number): void {
    for (const sequence of this.#own.keys()) {
      if (sequence > upTo) return;
      this.#drop(sequence);
    }
  }

  #drop(sequence: number): void {
    this.#bytes -= this.#own.get(sequence)?.bytes ?? 0;
    this.#own.delete(sequence);
  }
}
