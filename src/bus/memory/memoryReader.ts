// An ordered reader of one stream: the newest messages by reference from memory, older ones from the journal.
// Holds no messages between two calls of next(): what it has not asked for costs nothing and stops nobody.
import { type BusMessage, CorruptLogError, type Reader, type ReadOptions, TrimmedError } from '../bus.ts';
import { matchesFilter } from '../subjects.ts';
import type { Journal } from './journal.ts';
import type { StreamLog } from './streamLog.ts';

const BATCH_DEFAULT = 1024;
/** Messages looked at before others get their turn, when a filter lets few through. */
const SCAN_MAX = 16_384;
const FILTERED_SUBJECTS_MAX = 100_000;

export interface MemoryReaderEvents {
  /** It will not ask for what is at or before its position again. */
  onAdvance(): void;
  onClose(reader: MemoryReader): void;
}

export class MemoryReader implements Reader {
  readonly name: string | undefined;
  readonly stream: StreamLog;
  readonly #journal: Journal | undefined;
  readonly #filters: readonly string[] | undefined;
  readonly #passes = new Map<string, boolean>();
  readonly #maxBatch: number;
  readonly #events: MemoryReaderEvents;
  #position: number;
  #wake: (() => void) | undefined;
  #reading = false;
  #closed = false;

  constructor(stream: StreamLog, journal: Journal | undefined, options: ReadOptions, events: MemoryReaderEvents) {
    this.stream = stream;
    this.#journal = journal;
    this.#filters = options.filters;
    this.#maxBatch = options.maxBatch ?? BATCH_DEFAULT;
    this.#position = options.fromSequence - 1;
    this.name = options.name;
    this.#events = events;
  }

  get position(): number {
    return this.#position;
  }

  async next(): Promise<readonly BusMessage[]> {
    if (this.#reading) throw new Error(`${this.stream.name}: next() was called while it was still waiting`);
    this.#reading = true;
    try {
      while (!this.#closed) {
        const batch = this.#collect();
        if (batch.length > 0) return batch;
        await (this.#position < this.stream.visible ? new Promise((resolve) => setImmediate(resolve)) : this.#wait());
      }
      return [];
    } finally {
      this.#reading = false;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#wake !== undefined) this.stream.forget(this.#wake);
    this.#wake?.();
    this.#events.onClose(this);
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.stream.wait(resolve);
    });
  }

  /** What is there now, at most maxBatch; empty when nothing is, or when nothing passed among those looked at. */
  #collect(): BusMessage[] {
    const { stream } = this;
    const stop = Math.min(stream.visible, this.#position + SCAN_MAX);
    if (this.#position >= stop) return [];
    const next = this.#position + 1;
    if (next < stream.first) {
      throw new TrimmedError(`${stream.name}: position ${next} was asked for, ${stream.first} is the oldest kept`);
    }
    if (next >= stream.windowFirst) return this.#fromMemory(next, stop, []);
    const read = this.#fromJournal(next, stop);
    // What is in the journal and what is in memory only follow on each other: one batch.
    const after = this.#position + 1;
    return read.length < this.#maxBatch && after === stream.windowFirst && after <= stop ? this.#fromMemory(after, stop, read) : read;
  }

  #fromMemory(from: number, stop: number, batch: BusMessage[]): BusMessage[] {
    let sequence = from;
    for (; sequence <= stop && batch.length < this.#maxBatch; sequence++) {
      const message = this.stream.at(sequence);
      if (this.#filters === undefined || this.#wants(message.subject)) batch.push(message);
    }
    this.#position = sequence - 1;
    this.#events.onAdvance();
    return batch;
  }

  #fromJournal(from: number, stop: number): BusMessage[] {
    const { stream } = this;
    if (this.#journal === undefined || stream.journal === undefined) {
      throw new CorruptLogError(`${stream.name}: message ${from} is in no memory and there is no journal`);
    }
    const to = Math.min(stop, stream.windowFirst - 1);
    const read = this.#journal.read(stream.journal, from, to, this.#maxBatch, (subject) => this.#wants(subject));
    this.#position = read.through;
    return read.messages;
  }

  #wants(subject: string): boolean {
    if (this.#filters === undefined) return true;
    let passes = this.#passes.get(subject);
    if (passes === undefined) {
      passes = this.#filters.some((filter) => matchesFilter(filter, subject));
      if (this.#passes.size >= FILTERED_SUBJECTS_MAX) this.#passes.clear();
      this.#passes.set(subject, passes);
    }
    return passes;
  }
}
