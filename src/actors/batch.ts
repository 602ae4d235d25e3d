// One turn of a partition: the work handed to its children and what they wrote, kept in the order of arrival.
import type { ChangeLogEntry } from '../domain/changeLogEntry.ts';
import type { ChildKey, RunContext } from './behaviour.ts';

/** What one piece of work wrote: a range of its child's output. */
interface Segment {
  readonly ordinal: number;
  readonly out: readonly ChangeLogEntry[];
  readonly from: number;
  readonly to: number;
}

/** How far a batch was when a child began, so that a crash leaves no trace. */
export interface BatchMark {
  readonly persisted: number;
  readonly forwarded: number;
  readonly segments: number;
}

export class Batch<Input> {
  readonly nowUs: number;
  readonly touched = new Set<ChildKey>();
  /** Children still at work. */
  running = 0;
  /** Entries that no child wrote: refusals. */
  readonly refusals: ChangeLogEntry[] = [];
  readonly #persisted: (() => void)[] = [];
  readonly #segments: Segment[] = [];
  #forwarded: [ChildKey, Input][] = [];
  #ordinal = 0;

  constructor(nowUs: number) {
    this.nowUs = nowUs;
  }

  /** Place of the next piece of work: the step keeps the order of arrival, whichever child it goes to. */
  nextOrdinal(): number {
    return ++this.#ordinal;
  }

  context(out: ChangeLogEntry[] = this.refusals): RunContext {
    return {
      nowUs: this.nowUs,
      out,
      afterPersisted: (action) => this.#persisted.push(action),
      forward: (key, input) => this.#forwarded.push([key, input as Input]),
    };
  }

  wrote(ordinal: number, out: readonly ChangeLogEntry[], from: number, to: number): void {
    this.#segments.push({ ordinal, out, from, to });
  }

  mark(): BatchMark {
    return { persisted: this.#persisted.length, forwarded: this.#forwarded.length, segments: this.#segments.length };
  }

  rollBack(mark: BatchMark): void {
    this.#persisted.length = mark.persisted;
    this.#forwarded.length = mark.forwarded;
    this.#segments.length = mark.segments;
  }

  get hasForwarded(): boolean {
    return this.#forwarded.length > 0;
  }

  /** Takes what children forwarded, one input per child where the behaviour can merge them. */
  takeForwarded(merge: ((first: Input, second: Input) => Input) | undefined): Iterable<[ChildKey, Input]> {
    const forwarded = this.#forwarded;
    this.#forwarded = [];
    if (merge === undefined) return forwarded;
    const merged = new Map<ChildKey, Input>();
    for (const [key, input] of forwarded) {
      const known = merged.get(key);
      merged.set(key, known === undefined ? input : merge(known, input));
    }
    return merged;
  }

  entries(): readonly ChangeLogEntry[] {
    const [first] = this.#segments;
    if (first === undefined) return this.refusals;
    const whole = first.from === 0 && first.to === first.out.length;
    if (this.#segments.length === 1 && this.refusals.length === 0 && whole) return first.out;
    this.#segments.sort((a, b) => a.ordinal - b.ordinal);
    const entries = [...this.refusals];
    for (const { out, from, to } of this.#segments) for (let i = from; i < to; i++) entries.push(out[i] as ChangeLogEntry);
    return entries;
  }

  /** The step is in the log (or there was nothing to log): whoever waited is told. */
  persisted(): void {
    for (const action of this.#persisted) action();
  }
}
