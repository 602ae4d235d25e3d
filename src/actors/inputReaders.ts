// The reading end of a partition: follows its input streams with back pressure and knows how far each is consumed.
import { type Bus, BusClosedError, type BusMessage, type Reader } from '../bus/bus.ts';

export interface InputStream {
  readonly stream: string;
  readonly filters?: readonly string[];
}

export interface InputReadersOptions {
  readonly bus: Bus;
  readonly name: string;
  readonly maxBatch: number;
  /** Messages are handed over in order; the taker says consumed() when it is done with one. */
  readonly take: (stream: string, message: BusMessage) => void;
  /** Resolves when the message can be understood here; undefined = at once. */
  readonly ready: (message: BusMessage) => Promise<void> | undefined;
  /** Resolves when there is room for more. */
  readonly room: () => Promise<void> | undefined;
  readonly onFailed: (error: Error) => void;
}

/** How often a wait looks again at readers whose filter passes messages over without a sign. */
const POLL_MS = 2;

export class InputReaders {
  readonly #options: InputReadersOptions;
  readonly #readers = new Map<string, Reader>();
  /** Handed over and not yet consumed, by stream. */
  readonly #pending = new Map<string, number>();
  readonly #positions = new Map<string, number>();
  #closed = false;

  constructor(options: InputReadersOptions) {
    this.#options = options;
  }

  /** Highest consumed position by stream: what the partition's steps stand for. */
  get positions(): ReadonlyMap<string, number> {
    return this.#positions;
  }

  follow(input: InputStream, fromSequence: number): void {
    const { bus, name, maxBatch, onFailed } = this.#options;
    const { stream, filters } = input;
    const reader = bus.read(stream, { fromSequence, maxBatch, name, ...(filters === undefined ? {} : { filters }) });
    this.#readers.set(stream, reader);
    this.#pump(stream, reader).catch((error: unknown) => onFailed(error as Error));
  }

  restore(positions: ReadonlyMap<string, number>): void {
    for (const [stream, position] of positions) this.#positions.set(stream, position);
  }

  /** True when the message is new; false when it is read again for a child that owes it. */
  consumed(stream: string, sequence: number): boolean {
    this.#pending.set(stream, (this.#pending.get(stream) ?? 1) - 1);
    if (sequence <= (this.#positions.get(stream) ?? 0)) return false;
    this.#positions.set(stream, sequence);
    return true;
  }

  /** Resolves once everything up to the position is consumed or passed over by the filter; at once for other streams. */
  async whenConsumed(stream: string, sequence: number): Promise<void> {
    const reader = this.#readers.get(stream);
    if (reader === undefined) return;
    while (!this.#closed && (this.#positions.get(stream) ?? 0) < sequence) {
      if (reader.position >= sequence && (this.#pending.get(stream) ?? 0) === 0) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  close(): void {
    this.#closed = true;
    for (const reader of this.#readers.values()) reader.close();
  }

  async #pump(stream: string, reader: Reader): Promise<void> {
    for (;;) {
      await this.#options.room();
      const messages = await reader.next().catch((error: unknown) => {
        if (error instanceof BusClosedError) return [];
        throw error;
      });
      if (messages.length === 0 || this.#closed) return;
      this.#pending.set(stream, (this.#pending.get(stream) ?? 0) + messages.length);
      for (const message of messages) {
        const ready = this.#options.ready(message);
        if (ready !== undefined) await ready;
        if (this.#closed) return;
        this.#options.take(stream, message);
      }
    }
  }
}
