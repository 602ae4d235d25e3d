// One stream in memory: its positions, its newest messages, and the readers that wait for more.
import { type BusMessage, EPOCH_HEADER, FencedError, type Headers, WrongLastSequenceError } from '../bus.ts';
import { matchesFilter } from '../subjects.ts';
import type { JournalStream } from './journalLayout.ts';

/** What a message costs beside its payload, roughly: objects, headers, subject. */
const MESSAGE_BYTES = 400;
/** Decoded entries weigh about six times their encoded bytes. */
const DECODED_FACTOR = 7;

export function memoryBytesOf(message: BusMessage): number {
  const payload = message.payload.length;
  return MESSAGE_BYTES + (message.decoded === undefined ? payload : payload * DECODED_FACTOR);
}

export class StreamLog {
  readonly name: string;
  /** Undefined without a journal. */
  journal: JournalStream | undefined;
  #subjects: readonly string[];
  readonly #held = new Map<string, boolean>();
  /** Position of the newest append, in flight ones included. */
  #appended: number;
  /** Newest position readers may see. */
  #visible: number;
  #first: number;
  /** Messages in memory, oldest at #windowAt; the last one is #visible. */
  #window: BusMessage[] = [];
  #windowAt = 0;
  #wake: Set<() => void> = new Set();
  /** Of the newest message that says one. */
  #epoch = 0;
  /** Newest position that is in the journal: what is in memory only must not leave it. */
  journalled: number;
  /** Payload bytes of the messages kept, where there is no journal that knows. */
  bytes = 0;
  /** What its messages cost in memory. */
  heldBytes = 0;
  readonly readers = new Set<{ readonly position: number }>();

  constructor(name: string, subjects: readonly string[], journal: JournalStream | undefined) {
    this.name = name;
    this.#subjects = subjects;
    this.journal = journal;
    this.#appended = journal?.head.last ?? 0;
    this.#visible = this.#appended;
    this.journalled = this.#appended;
    this.#first = journal?.head.first ?? 1;
  }

  get first(): number {
    return this.#first;
  }

  get visible(): number {
    return this.#visible;
  }

  /** Oldest position in memory; visible + 1 when there is none. */
  get windowFirst(): number {
    return this.#visible - (this.#window.length - this.#windowAt) + 1;
  }

  get subjects(): readonly string[] {
    return this.#subjects;
  }

  set subjects(subjects: readonly string[]) {
    this.#subjects = subjects;
    this.#held.clear();
  }

  holds(subject: string): boolean {
    let held = this.#held.get(subject);
    if (held === undefined) {
      held = this.#subjects.some((filter) => matchesFilter(filter, subject));
      if (this.#held.size > 100_000) this.#held.clear();
      this.#held.set(subject, held);
    }
    return held;
  }

  /** Makes the message at the next position, or throws WrongLastSequenceError. appended() must follow at once. */
  next(expectedLastSequence: number, subject: string, headers: Headers, payload: Uint8Array, decoded: unknown): BusMessage {
    if (expectedLastSequence !== this.#appended) {
      throw new WrongLastSequenceError(this.name, expectedLastSequence, this.#appended);
    }
    const epoch = headers[EPOCH_HEADER];
    if (epoch !== undefined && Number(epoch) < this.#epoch) {
      throw new FencedError(this.name, expectedLastSequence, this.#appended, Number(epoch), this.#epoch);
    }
    const sequence = this.#appended + 1;
    if (decoded === undefined) return { stream: this.name, sequence, subject, headers, payload };
    return { stream: this.name, sequence, subject, headers, payload, decoded };
  }

  appended(message: BusMessage): void {
    this.#appended = message.sequence;
    this.raiseEpoch(message.headers);
  }

  raiseEpoch(headers: Headers): void {
    const epoch = headers[EPOCH_HEADER];
    if (epoch !== undefined) this.#epoch = Math.max(this.#epoch, Number(epoch) || 0);
  }

  /** Lets readers see the message, the next one after those they see. */
  show(message: BusMessage): void {
    this.#window.push(message);
    this.#visible = message.sequence;
    if (this.#wake.size === 0) return;
    const waiting = this.#wake;
    this.#wake = new Set();
    for (const wake of waiting) wake();
  }

  /** Resolves with the next show(), or when wake() is called. */
  wait(wake: () => void): void {
    this.#wake.add(wake);
  }

  forget(wake: () => void): void {
    this.#wake.delete(wake);
  }

  /** The message at a position from windowFirst to visible. */
  at(sequence: number): BusMessage {
    return this.#window[this.#windowAt + sequence - this.windowFirst]!;
  }

  /** Takes the oldest message out of memory; undefined when there is none. */
  dropOldest(): BusMessage | undefined {
    const message = this.#window[this.#windowAt];
    if (message === undefined) return undefined;
    this.#window[this.#windowAt++] = undefined as never;
    if (this.#windowAt > 1024 && this.#windowAt * 2 > this.#window.length) {
      this.#window = this.#window.slice(this.#windowAt);
      this.#windowAt = 0;
    }
    return message;
  }

  /** Removes messages up to `through` from what can be read; returns those that were in memory. */
  trim(through: number): BusMessage[] {
    const dropped: BusMessage[] = [];
    while (this.windowFirst <= through && this.windowFirst <= this.#visible) dropped.push(this.dropOldest()!);
    this.#first = Math.max(this.#first, through + 1);
    return dropped;
  }
}
