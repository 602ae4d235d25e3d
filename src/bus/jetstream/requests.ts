// Requests and their answers, on one inbox of the bus's own. The client's request() makes for each a timer, a race of promises
// and an error with a stack trace that nobody reads: half of what a small append cost its process. Here a request is an entry of
// a map, and one timer looks after all of them.
import { errors, type Msg, type MsgHdrs, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import { newInbox } from './connection.ts';

interface Open {
  readonly subject: string;
  readonly dueMs: number;
  readonly resolve: (answer: Msg) => void;
  readonly reject: (error: Error) => void;
}

export interface RequestOptions {
  readonly timeoutMs: number;
  readonly headers?: MsgHdrs;
}

/** A time-out is noticed up to this late. */
const SWEEP_MS = 50;
const NO_RESPONDERS = 503;

export class Requests {
  readonly #connection: NatsConnection;
  readonly #prefix: string;
  readonly #open = new Map<string, Open>();
  #subscription: Subscription | undefined;
  #last = 0;
  #sweep: NodeJS.Timeout | undefined;

  constructor(connection: NatsConnection) {
    this.#connection = connection;
    this.#prefix = `${newInbox(connection)}.`;
    void connection.closed().then(() => this.#failAll(new errors.ClosedConnectionError()));
  }

  /**
   * Resolves with the first answer. Rejects as the client's own request does: RequestError when nobody responds there,
   * TimeoutError, ClosedConnectionError; PermissionViolationError by way of denied().
   */
  send(subject: string, payload: Uint8Array, { timeoutMs, headers }: RequestOptions): Promise<Msg> {
    return new Promise((resolve, reject) => {
      this.#subscription ??= this.#connection.subscribe(`${this.#prefix}*`, {
        callback: (error, answer) => {
          if (error === null) this.#answered(answer);
          else {
            this.#subscription = undefined;
            this.#failAll(error);
          }
        },
      });
      const token = (++this.#last).toString(36);
      const reply = this.#prefix + token;
      this.#connection.publish(subject, payload, headers === undefined ? { reply } : { reply, headers });
      this.#open.set(token, { subject, dueMs: performance.now() + timeoutMs, resolve, reject });
      this.#sweep ??= setInterval(() => this.#expire(), SWEEP_MS).unref();
    });
  }

  /** The server does not let this connection publish there. */
  denied(subject: string, error: Error): void {
    for (const [token, one] of this.#open) {
      if (one.subject !== subject) continue;
      this.#open.delete(token);
      one.reject(error);
    }
  }

  #answered(answer: Msg): void {
    const token = answer.subject.slice(this.#prefix.length);
    const one = this.#open.get(token);
    if (one === undefined) return;
    this.#open.delete(token);
    if (answer.data.length === 0 && answer.headers?.code === NO_RESPONDERS) {
      const cause = new errors.NoRespondersError(one.subject);
      one.reject(new errors.RequestError(cause.message, { cause }));
    } else one.resolve(answer);
  }

  #expire(): void {
    if (this.#open.size === 0) {
      clearInterval(this.#sweep);
      this.#sweep = undefined;
      return;
    }
    const nowMs = performance.now();
    for (const [token, one] of this.#open) {
      if (one.dueMs > nowMs) continue;
      this.#open.delete(token);
      one.reject(new errors.TimeoutError());
    }
  }

  #failAll(error: Error): void {
    clearInterval(this.#sweep);
    this.#sweep = undefined;
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const { reject } of open) reject(error);
  }
}
