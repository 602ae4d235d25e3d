// A reader on another machine than the log: pulls a batch at a time; what is lost with a connection is pulled again, and
// what arrives twice is passed over by its position.
import type { BusMessage, Reader, ReadOptions } from '../../src/bus/bus.ts';
import { matchesFilter } from '../../src/bus/subjects.ts';
import type { SimTimer } from './scheduler.ts';
import type { PullReply, SimServer } from './simServer.ts';

export interface ReaderCalls {
  /** Runs at the server; `back` brings the answer home. */
  send(run: (server: SimServer, back: (deliver: () => void) => void) => void): void;
  after(us: number, run: () => void): SimTimer;
  closed(reader: SimReader): void;
}

const BATCH_DEFAULT = 1024;
/** A silent server is asked again. */
const HEARTBEAT_US = 400_000;

export class SimReader implements Reader {
  readonly name: string | undefined;
  readonly stream: string;
  readonly #options: ReadOptions;
  readonly #calls: ReaderCalls;
  #position: number;
  #waiting: { readonly resolve: (messages: readonly BusMessage[]) => void; readonly reject: (error: Error) => void } | undefined;
  #pulls = 0;
  #timer: SimTimer | undefined;
  #closed = false;

  constructor(stream: string, options: ReadOptions, calls: ReaderCalls) {
    this.stream = stream;
    this.name = options.name;
    this.#options = options;
    this.#calls = calls;
    this.#position = options.fromSequence - 1;
  }

  get position(): number {
    return this.#position;
  }

  next(): Promise<readonly BusMessage[]> {
    if (this.#waiting !== undefined) return Promise.reject(new Error(`${this.stream}: next() was called while it was still waiting`));
    if (this.#closed) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#pull();
    });
  }

  pullAgain(): void {
    if (this.#waiting !== undefined) this.#pull();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#calls.closed(this);
    this.#settle([]);
  }

  #pull(): void {
    const pull = ++this.#pulls;
    const from = this.#position + 1;
    if (this.#timer !== undefined) this.#timer.cancelled = true;
    this.#timer = this.#calls.after(HEARTBEAT_US, () => this.pullAgain());
    const { filters, maxBatch } = this.#options;
    this.#calls.send((server, back) => {
      try {
        server.pull(this.stream, {
          from,
          max: maxBatch ?? BATCH_DEFAULT,
          wants: (subject) => filters === undefined || filters.some((filter) => matchesFilter(filter, subject)),
          reply: (reply) => back(() => this.#received(reply)),
          alive: () => !this.#closed && this.#pulls === pull,
        });
      } catch (error) {
        back(() => this.#fail(error as Error));
      }
    });
  }

  /** Answers to older pulls count as well: whatever lies behind the position is new. */
  #received({ messages, through }: PullReply): void {
    if (this.#waiting === undefined || through <= this.#position) return;
    const fresh = messages.filter(({ sequence }) => sequence > this.#position);
    this.#position = through;
    if (fresh.length === 0) this.#pull();
    else this.#settle(fresh);
  }

  #fail(error: Error): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (this.#timer !== undefined) this.#timer.cancelled = true;
    waiting?.reject(error);
  }

  #settle(messages: readonly BusMessage[]): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (this.#timer !== undefined) this.#timer.cancelled = true;
    waiting?.resolve(messages);
  }
}
