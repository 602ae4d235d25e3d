// Requests and notices between parties of one process, with the meaning NATS gives them: queue groups share requests, every
// group gets each one and the first answer counts; notices reach whoever listens at that moment.
import { BusClosedError, NoRespondersError, RequestError, type RequestHandler, RequestTimeoutError, type Subscription } from '../bus.ts';
import { matchesFilter } from '../subjects.ts';

interface Group {
  readonly filter: string;
  readonly name: string;
  readonly members: RequestHandler[];
  /** Whose turn it is. */
  turn: number;
}

type Listener = (payload: Uint8Array, subject: string) => void;

export class Messenger {
  readonly #groups: Group[] = [];
  /** Groups by the exact subjects asked for so far. */
  readonly #routes = new Map<string, readonly Group[]>();
  readonly #listeners = new Set<{ readonly filter: string; readonly listener: Listener }>();
  #notices: (() => void)[] = [];
  readonly #asking = new Set<(error: Error) => void>();
  #closed = false;

  request(subject: string, payload: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    if (this.#closed) return Promise.reject(new BusClosedError('the bus is closed'));
    const groups = this.#route(subject);
    if (groups.length === 0) return Promise.reject(new NoRespondersError(`nobody answers on ${subject}`));
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.#asking.delete(abandon);
        settle();
      };
      const abandon = (error: Error): void => finish(() => reject(error));
      const timer = setTimeout(() => abandon(new RequestTimeoutError(`no answer on ${subject} within ${timeoutMs} ms`)), timeoutMs);
      this.#asking.add(abandon);
      for (const group of groups) {
        const handler = group.members[group.turn++ % group.members.length]!;
        void answer(handler, payload, subject).then(
          (reply) => finish(() => resolve(reply)),
          (cause: unknown) => abandon(new RequestError(messageOf(cause), { cause })),
        );
      }
    });
  }

  respond(filter: string, queueGroup: string, handler: RequestHandler): Subscription {
    if (this.#closed) throw new BusClosedError('the bus is closed');
    let group = this.#groups.find((one) => one.filter === filter && one.name === queueGroup);
    if (group === undefined) {
      group = { filter, name: queueGroup, members: [], turn: 0 };
      this.#groups.push(group);
    }
    const { members } = group;
    members.push(handler);
    this.#routes.clear();
    let open = true;
    return {
      close: () => {
        if (!open) return;
        open = false;
        members.splice(members.indexOf(handler), 1);
        this.#routes.clear();
      },
    };
  }

  publish(subject: string, payload: Uint8Array): void {
    if (this.#closed) throw new BusClosedError('the bus is closed');
    for (const entry of this.#listeners) {
      if (!matchesFilter(entry.filter, subject)) continue;
      if (this.#notices.length === 0) setImmediate(() => this.#deliver());
      this.#notices.push(() => {
        if (this.#listeners.has(entry)) entry.listener(payload, subject);
      });
    }
  }

  subscribe(filter: string, listener: Listener): Subscription {
    if (this.#closed) throw new BusClosedError('the bus is closed');
    const entry = { filter, listener };
    this.#listeners.add(entry);
    return { close: () => void this.#listeners.delete(entry) };
  }

  close(): void {
    this.#closed = true;
    this.#listeners.clear();
    this.#groups.length = 0;
    this.#routes.clear();
    for (const abandon of [...this.#asking]) abandon(new BusClosedError('the bus was closed before the answer came'));
  }

  #route(subject: string): readonly Group[] {
    let groups = this.#routes.get(subject);
    if (groups === undefined) {
      groups = this.#groups.filter((group) => group.members.length > 0 && matchesFilter(group.filter, subject));
      if (this.#routes.size > 10_000) this.#routes.clear();
      this.#routes.set(subject, groups);
    }
    return groups;
  }

  /** In the order of publishing. A listener that throws is a programming error: it surfaces, and the rest still go out. */
  #deliver(): void {
    const notices = this.#notices;
    this.#notices = [];
    for (let i = 0; i < notices.length; i++) {
      try {
        notices[i]!();
      } catch (error) {
        this.#notices = [...notices.slice(i + 1), ...this.#notices];
        if (this.#notices.length > 0) setImmediate(() => this.#deliver());
        throw error;
      }
    }
  }
}

/** In a turn of its own, like an answer from another process; also when the handler throws before it returns. */
async function answer(handler: RequestHandler, payload: Uint8Array, subject: string): Promise<Uint8Array> {
  await undefined;
  return handler(payload, subject);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
