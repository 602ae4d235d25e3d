// An ordered reader of a stream. Survives reconnects, leader changes and lost consumers: each fault starts a new consumer
// behind the last message received. Reads ahead a bounded number of messages and bytes, and asks for no more until they are
// handed out. Every message of an unfiltered stream follows the one before, or it is an error.
import type { JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { type BusMessage, CorruptLogError, type Reader, type ReadOptions, TrimmedError } from '../bus.ts';
import { ApiCode, apiCode, busError, isClosed } from './connection.ts';
import type { OwnAppends } from './ownAppends.ts';
import { Pull } from './pull.ts';
import { unknownStream } from './streams.ts';

const BATCH_DEFAULT = 1024;
const AHEAD_MESSAGES = 2048;
const AHEAD_BYTES = 8 * 2 ** 20;
const RESTART_MIN_MS = 20;
const RESTART_MAX_MS = 1000;

export interface ReaderSurroundings {
  closed(reader: JetStreamReader): void;
  /** What this process itself appended to the stream. */
  own(): OwnAppends | undefined;
  /** Everything up to its position was taken in. */
  passed(): void;
}

/** For a reader without a writer beside it. */
export const ALONE: ReaderSurroundings = { closed: () => undefined, own: () => undefined, passed: () => undefined };

export class JetStreamReader implements Reader {
  readonly stream: string;
  readonly name: string | undefined;
  readonly #connection: NatsConnection;
  readonly #manager: JetStreamManager;
  readonly #filters: readonly string[] | undefined;
  readonly #maxBatch: number;
  readonly #surroundings: ReaderSurroundings;
  #position: number;
  #received: number;
  #ahead: BusMessage[] = [];
  #aheadAt = 0;
  #aheadBytes = 0;
  #pull: Pull | undefined;
  #pulling = false;
  #restart: NodeJS.Timeout | undefined;
  #restartMs = RESTART_MIN_MS;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;
  #closed = false;

  constructor(
    connection: NatsConnection,
    manager: JetStreamManager,
    stream: string,
    options: ReadOptions,
    surroundings: ReaderSurroundings,
  ) {
    this.stream = stream;
    this.name = options.name;
    this.#connection = connection;
    this.#manager = manager;
    this.#filters = options.filters;
    this.#maxBatch = options.maxBatch ?? BATCH_DEFAULT;
    this.#position = options.fromSequence - 1;
    this.#received = this.#position;
    this.#surroundings = surroundings;
  }

  get position(): number {
    return this.#position;
  }

  /** Messages received and not handed out, and those that wait in the stream as far as is known. */
  get lag(): number {
    return this.#ahead.length - this.#aheadAt + (this.#pull?.pending ?? 0);
  }

  async next(): Promise<readonly BusMessage[]> {
    if (this.#wake !== undefined) throw new Error(`${this.stream}: next() was called while it was still waiting`);
    // Whoever asks for more is done with what it was given.
    this.#pull?.processed(this.#position);
    this.#surroundings.passed();
    for (;;) {
      if (this.#closed) return [];
      const batch = this.#take();
      if (batch.length > 0) return batch;
      if (this.#failure !== undefined) throw this.#failure;
      this.#fill();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#restart);
    this.#pull?.stop();
    this.#awake();
    this.#surroundings.closed(this);
  }

  /** The connection was lost and is there again: what was asked for will not come. */
  reconnected(): void {
    if (this.#pull !== undefined) this.#fault();
  }

  #take(): BusMessage[] {
    const batch = this.#ahead.slice(this.#aheadAt, this.#aheadAt + this.#maxBatch);
    const last = batch.at(-1);
    if (last === undefined) return batch;
    this.#aheadAt += batch.length;
    this.#position = last.sequence;
    if (this.#aheadAt === this.#ahead.length) {
      this.#ahead = [];
      this.#aheadAt = 0;
      this.#aheadBytes = 0;
    }
    this.#fill();
    return batch;
  }

  /** Asks for what there is room for, when at least half of the room is free. */
  #fill(): void {
    if (this.#closed || this.#failure !== undefined) return;
    if (this.#pull === undefined) {
      if (this.#restart === undefined && !this.#pulling) void this.#start();
      return;
    }
    if (this.#pulling || this.#pull.asking) return;
    const waiting = this.#ahead.length - this.#aheadAt;
    if (waiting > AHEAD_MESSAGES / 2 || this.#aheadBytes > AHEAD_BYTES / 2) return;
    this.#pull.ask(AHEAD_MESSAGES - waiting, AHEAD_BYTES);
  }

  async #start(): Promise<void> {
    this.#pulling = true;
    const fromSequence = this.#received + 1;
    const pull = new Pull(
      this.#connection,
      this.#manager,
      { stream: this.stream, name: this.name ?? 'reader', fromSequence, filters: this.#filters, visible: this.name !== undefined },
      this.#surroundings.own(),
      {
        message: (message, bytes) => this.#accept(message, bytes),
        idle: () => this.#fill(),
        fault: () => this.#fault(),
      },
    );
    this.#pull = pull;
    try {
      await pull.start();
      // Asked after the consumer was placed: whatever was trimmed before that shows here.
      await this.#checkTrimmed(fromSequence);
      this.#restartMs = RESTART_MIN_MS;
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#pulling = false;
    }
    if (this.#closed) pull.stop();
    else this.#fill();
  }

  async #checkTrimmed(from: number): Promise<void> {
    const { state } = await this.#manager.streams.info(this.stream);
    const first = state.messages === 0 ? state.last_seq + 1 : state.first_seq;
    if (from < first) {
      throw new TrimmedError(`${this.stream}: position ${from} was asked for, ${first} is the oldest kept`);
    }
  }

  #failed(error: unknown): void {
    const final = error instanceof TrimmedError || isClosed(error);
    if (final || apiCode(error) === ApiCode.STREAM_NOT_FOUND) {
      this.#fail(final ? (error as Error) : unknownStream(this.stream, error));
    } else this.#fault();
  }

  #fail(error: Error): void {
    this.#pull?.stop();
    this.#pull = undefined;
    if (isClosed(error)) this.close();
    else this.#failure = busError(error, this.stream);
    this.#awake();
  }

  #fault(): void {
    this.#pull?.stop();
    this.#pull = undefined;
    if (this.#closed || this.#failure !== undefined || this.#restart !== undefined) return;
    this.#restart = setTimeout(() => {
      this.#restart = undefined;
      this.#fill();
    }, this.#restartMs);
    this.#restartMs = Math.min(this.#restartMs * 2, RESTART_MAX_MS);
  }

  #accept(message: BusMessage, bytes: number): void {
    const { sequence } = message;
    if (this.#filters === undefined && sequence !== this.#received + 1) {
      void this.#explainGap(this.#received + 1);
      return;
    }
    this.#received = sequence;
    this.#ahead.push(message);
    this.#aheadBytes += bytes;
    this.#awake();
  }

  async #explainGap(missing: number): Promise<void> {
    this.#pull?.stop();
    try {
      await this.#checkTrimmed(missing);
      this.#fail(new CorruptLogError(`${this.stream}: message ${missing} is missing from the stream`));
    } catch (error) {
      this.#failed(error);
    }
  }

  #awake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
