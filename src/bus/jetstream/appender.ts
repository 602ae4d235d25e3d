// The writing end of one stream. What is queued goes out as one unit: a single message, or an atomic batch against one
// expected last sequence; the next unit leaves when this one is acknowledged. So a unit is in the stream as a whole or not at
// all, and after a refusal nothing that was queued behind it can still land (docs/decisions/0012-jetstream-units.md).

import type { JetStreamManager } from '@nats-io/jetstream';
import { type NatsConnection, nuid } from '@nats-io/transport-node';
import { type AppendRequest, AppendTimeoutError, BusClosedError, EPOCH_HEADER, FencedError, WrongLastSequenceError } from '../bus.ts';
import { ApiCode, apiCode, isClosed, sequenceOfRefusal } from './connection.ts';
import { UNIT_HEADER, writeHeaders } from './messageHeaders.ts';
import type { OwnAppends } from './ownAppends.ts';
import type { Requests } from './requests.ts';

export interface AppenderOptions {
  /** False: every unit is a single message. */
  readonly atomic: boolean;
  /** Time for one attempt to be acknowledged. */
  readonly ackTimeoutMs: number;
  /** Time to find out what became of a unit, attempts included; then AppendTimeoutError. */
  readonly resolveTimeoutMs: number;
  /** Told of what goes out; undefined when nobody in this process reads the stream. */
  readonly own: () => OwnAppends | undefined;
}

interface Pending {
  readonly request: AppendRequest;
  readonly sequence: number;
  readonly bytes: number;
  readonly resolve: (sequence: number) => void;
  readonly reject: (error: Error) => void;
}

/** The server takes at most 1000 messages in a batch. */
const UNIT_MESSAGES = 512;
const UNIT_BYTES = 4 * 2 ** 20;
const RETRY_MIN_MS = 20;
const RETRY_MAX_MS = 500;

/** What is known of a unit after an attempt. */
type Outcome =
  | { readonly kind: 'stored' }
  /** Somebody else wrote there. */
  | { readonly kind: 'refused'; readonly last: number }
  /** Not in the stream now, and maybe later: try again, which is safe against the expected sequence. */
  | { readonly kind: 'unknown'; readonly cause: unknown };

interface PublishAck {
  readonly stream?: string;
  readonly seq?: number;
  readonly error?: { readonly code: number; readonly err_code: number; readonly description: string };
}

/** Above all others when the append says none. */
function epochOf({ headers }: AppendRequest, none = Number.POSITIVE_INFINITY): number {
  const epoch = headers[EPOCH_HEADER];
  return epoch === undefined ? none : Number(epoch);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export class Appender {
  readonly stream: string;
  readonly #connection: NatsConnection;
  readonly #manager: JetStreamManager;
  readonly #requests: Pick<Requests, 'send'>;
  readonly #options: AppenderOptions;
  readonly #settled: (bytes: number) => void;
  #queue: Pending[] = [];
  #unit: Pending[] = [];
  /** Epochs up to this one have had an append refused or given up: their writer has to take the stream again. */
  #epochOver = 0;
  #running = false;
  #idle: (() => void)[] = [];

  /** `settled` is told the bytes of every append that was resolved or rejected. */
  constructor(
    stream: string,
    connection: NatsConnection,
    manager: JetStreamManager,
    requests: Pick<Requests, 'send'>,
    options: AppenderOptions,
    settled: (bytes: number) => void,
  ) {
    this.stream = stream;
    this.#connection = connection;
    this.#manager = manager;
    this.#requests = requests;
    this.#options = options;
    this.#settled = settled;
  }

  append(request: AppendRequest, bytes: number): Promise<number> {
    const before = this.#queue.at(-1) ?? this.#unit.at(-1);
    const expected = request.expectedLastSequence;
    const epoch = epochOf(request);
    if (epoch <= this.#epochOver) {
      this.#settled(bytes);
      return Promise.reject(new FencedError(this.stream, expected, before?.sequence ?? expected, epoch, this.#epochOver + 1));
    }
    if (before !== undefined && before.sequence !== expected) {
      this.#settled(bytes);
      return Promise.reject(new WrongLastSequenceError(this.stream, expected, before.sequence));
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, sequence: expected + 1, bytes, resolve, reject });
      if (this.#running) return;
      this.#running = true;
      // After the caller's turn, so that what it appends in one go is one unit.
      queueMicrotask(() => void this.#run());
    });
  }

  /** Resolves when nothing is queued or on its way. */
  async whenIdle(): Promise<void> {
    if (this.#running) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      this.#unit = this.#takeUnit();
      try {
        await this.#deliver(this.#unit);
        for (const one of this.#unit) this.#settle(one, () => one.resolve(one.sequence));
      } catch (error) {
        this.#failAll(error as Error);
      }
      this.#unit = [];
    }
    this.#running = false;
    for (const resume of this.#idle.splice(0)) resume();
  }

  #takeUnit(): Pending[] {
    const most = this.#options.atomic ? UNIT_MESSAGES : 1;
    let bytes = 0;
    let count = 0;
    while (count < this.#queue.length && count < most) {
      bytes += this.#queue[count]!.bytes;
      if (count > 0 && bytes > UNIT_BYTES) break;
      count++;
    }
    const unit = this.#queue.slice(0, count);
    this.#queue = this.#queue.slice(count);
    return unit;
  }

  /** The unit fails, and so does everything behind it: it expected this one to be there. */
  #failAll(error: Error): void {
    const failed = [...this.#unit, ...this.#queue];
    this.#queue = [];
    for (const one of failed) {
      this.#epochOver = Math.max(this.#epochOver, epochOf(one.request, 0));
      const { expectedLastSequence } = one.request;
      const own =
        error instanceof WrongLastSequenceError ? new WrongLastSequenceError(this.stream, expectedLastSequence, error.actual) : error;
      this.#settle(one, () => one.reject(own));
    }
  }

  #settle(one: Pending, settle: () => void): void {
    this.#settled(one.bytes);
    settle();
  }

  /** Resolves when the unit is in the stream. */
  async #deliver(unit: readonly Pending[]): Promise<void> {
    const id = nuid.next();
    const first = unit[0]!;
    const own = this.#options.own();
    for (const { request, sequence } of unit) {
      if (request.decoded !== undefined) own?.note(sequence, id, request.payload.length, request.decoded);
    }
    const deadline = performance.now() + this.#options.resolveTimeoutMs;
    let retryMs = RETRY_MIN_MS;
    for (let attempt = 1; ; attempt++) {
      let outcome = await this.#attempt(unit, id);
      // A refusal of a later attempt may be the echo of an earlier one, and an old leader may not know the newest messages.
      if (outcome.kind === 'unknown' || (outcome.kind === 'refused' && (attempt > 1 || outcome.last <= first.sequence - 1))) {
        outcome = await this.#lookUp(first, id, outcome);
      }
      if (outcome.kind === 'stored') return;
      if (outcome.kind === 'refused') {
        throw new WrongLastSequenceError(this.stream, first.request.expectedLastSequence, outcome.last);
      }
      if (this.#connection.isClosed()) {
        throw new BusClosedError('the bus was closed before the outcome was known', { cause: outcome.cause });
      }
      if (performance.now() + retryMs > deadline) {
        throw new AppendTimeoutError(
          `${this.stream}: it is not known whether message ${first.sequence} was stored: read the stream's tail`,
          { cause: outcome.cause },
        );
      }
      await pause(retryMs * (0.5 + Math.random() / 2));
      retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
    }
  }

  async #attempt(unit: readonly Pending[], id: string): Promise<Outcome> {
    try {
      const ack = await this.#publish(unit, id);
      if (ack.error === undefined) {
        const last = unit.at(-1)!.sequence;
        return ack.seq === last ? { kind: 'stored' } : { kind: 'unknown', cause: new Error(`stored at ${ack.seq}, not ${last}`) };
      }
      const { err_code, description } = ack.error;
      const last = sequenceOfRefusal(description);
      if (err_code === ApiCode.WRONG_LAST_SEQUENCE && last !== undefined) return { kind: 'refused', last };
      return { kind: 'unknown', cause: new Error(`${description} (${err_code})`) };
    } catch (cause) {
      return { kind: 'unknown', cause };
    }
  }

  /** One attempt: all messages in one go, the last of them asks for the acknowledgement. */
  async #publish(unit: readonly Pending[], id: string): Promise<PublishAck> {
    // A batch that was cut short blocks its id for a while: every attempt has its own.
    const batch = unit.length > 1 ? nuid.next() : undefined;
    const last = unit.length - 1;
    for (let i = 0; ; i++) {
      const { subject, payload, headers: from, expectedLastSequence } = unit[i]!.request;
      const headers = writeHeaders(from);
      headers.set(UNIT_HEADER, id);
      if (i === 0) {
        headers.set('Nats-Expected-Stream', this.stream);
        headers.set('Nats-Expected-Last-Sequence', String(expectedLastSequence));
      }
      if (batch !== undefined) {
        headers.set('Nats-Batch-Id', batch);
        headers.set('Nats-Batch-Sequence', String(i + 1));
        if (i === last) headers.set('Nats-Batch-Commit', '1');
      }
      if (i < last) this.#connection.publish(subject, payload, { headers });
      else {
        const reply = await this.#requests.send(subject, payload, { headers, timeoutMs: this.#options.ackTimeoutMs });
        return reply.json<PublishAck>();
      }
    }
  }

  /** Reads the stream where the unit would be. */
  async #lookUp(first: Pending, id: string, outcome: Outcome): Promise<Outcome> {
    try {
      const stored = await this.#manager.streams.getMessage(this.stream, { seq: first.sequence });
      if (stored !== null) {
        if (stored.header.get(UNIT_HEADER) === id) return { kind: 'stored' };
        const { state } = await this.#manager.streams.info(this.stream);
        return { kind: 'refused', last: state.last_seq };
      }
    } catch (error) {
      if (isClosed(error)) return { kind: 'unknown', cause: error };
      if (apiCode(error) !== ApiCode.NO_MESSAGE_FOUND) return { kind: 'unknown', cause: error };
    }
    return this.#behindTheEnd(first, outcome);
  }

  /**
   * Nothing was there. A writer that is ahead of the stream has nothing to append to; else another attempt decides: the
   * unit may have landed since.
   */
  async #behindTheEnd(first: Pending, outcome: Outcome): Promise<Outcome> {
    try {
      const { state } = await this.#manager.streams.info(this.stream);
      const expected = first.request.expectedLastSequence;
      if (state.last_seq < expected) return { kind: 'refused', last: state.last_seq };
    } catch (cause) {
      return { kind: 'unknown', cause };
    }
    return { kind: 'unknown', cause: outcome.kind === 'unknown' ? outcome.cause : new Error('refused and not there') };
  }
}
