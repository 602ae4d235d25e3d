// The user data subscriptions of one WS-API connection. Ids count up from 0 and are never used again.
import type { ApiKey } from '../../../domain/accountProfile.ts';
import { BinanceError } from '../binanceError.ts';
import { type TimeUnit, timePrinter } from '../timeUnit.ts';
import { eventStreamTerminated } from '../userData/accountPayload.ts';
import type { UserDataHub } from '../userData/userDataHub.ts';

export interface SubscriptionsOptions {
  readonly hub: UserDataHub;
  readonly timeUnit: TimeUnit;
  readonly activeMax: number;
  readonly idsMax: number;
  readonly nowUs: () => number;
  /** Whether a key may still be used: what it opened ends with it. */
  readonly isGood: (key: ApiKey) => boolean;
  readonly send: (text: string) => void;
}

interface Subscription {
  readonly id: number;
  readonly accountId: number;
  /** Opened by userDataStream.subscribe: ends with the session. */
  readonly ofSession: boolean;
  readonly stop: () => void;
}

export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #active = new Map<number, Subscription>();
  #nextId = 0;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  get isAny(): boolean {
    return this.#active.size > 0;
  }

  ids(): number[] {
    return [...this.#active.keys()];
  }

  /** Throws BinanceError; returns the new id. */
  open(key: ApiKey, ofSession: boolean): number {
    const { hub, timeUnit, activeMax, idsMax } = this.#options;
    for (const { accountId } of this.#active.values()) {
      if (accountId === key.accountId) throw new BinanceError(-2035, 'User Data Stream subscription already active.');
    }
    if (this.#nextId >= idsMax) {
      throw new BinanceError(-2042, 'Maximum subscription ID reached for this connection.');
    }
    if (this.#active.size >= activeMax) {
      throw new BinanceError(-1191, `Too many subscriptions. Connection may create up to '${activeMax}' subscriptions at a time.`);
    }
    const id = this.#nextId++;
    const stop = hub.subscribe(key.accountId, { timeUnit, onEvents: (texts) => this.#forward(id, key, texts) });
    this.#active.set(id, { id, accountId: key.accountId, ofSession, stop });
    return id;
  }

  /** No id = all. Throws BinanceError when there is nothing to end. */
  close(id: number | undefined): void {
    const ending = id === undefined ? [...this.#active.values()] : [this.#active.get(id)];
    if (ending.length === 0 || ending[0] === undefined) {
      throw new BinanceError(-2036, 'User Data Stream subscription not active.');
    }
    for (const subscription of ending) this.#end(subscription as Subscription);
  }

  /** session.logout, or the session's key is good no more. */
  closeOfSession(): void {
    for (const subscription of [...this.#active.values()]) if (subscription.ofSession) this.#end(subscription);
  }

  /** The connection is gone. */
  dispose(): void {
    for (const { stop } of this.#active.values()) stop();
    this.#active.clear();
  }

  #forward(id: number, key: ApiKey, texts: readonly string[]): void {
    const subscription = this.#active.get(id);
    if (subscription === undefined) return;
    if (!this.#options.isGood(key)) {
      this.#end(subscription);
      return;
    }
    for (const text of texts) this.#send(id, text);
  }

  #end(subscription: Subscription): void {
    const { id, stop } = subscription;
    stop();
    this.#active.delete(id);
    this.#send(id, eventStreamTerminated(this.#options.nowUs(), timePrinter(this.#options.timeUnit)));
  }

  #send(id: number, event: string): void {
    this.#options.send(`{"subscriptionId":${id},"event":${event}}`);
  }
}
