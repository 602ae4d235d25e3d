// One client of the market streams: what it is subscribed to, and what it may ask. In: its messages. Out: acknowledgements,
// errors, and (through the hub) the frames of its streams.

import type { ListenKeyLookup } from '../listenKeys.ts';
import { type TimeUnit, timePrinter } from '../timeUnit.ts';
import { listenKeyExpired, serverShutdown } from '../userData/accountPayload.ts';
import type { UserDataHub } from '../userData/userDataHub.ts';
import type { FrameSink, Shape } from './channel.ts';
import { ControlError, type ControlMessage, parseControlMessage } from './controlMessage.ts';
import type { StreamHub } from './streamHub.ts';
import { MAX_STREAM_NAME_LENGTH } from './streamName.ts';

export interface StreamConnectionOptions {
  readonly hub: StreamHub;
  readonly userData: UserDataHub;
  /** Undefined where listenKeys are switched off. */
  readonly listenKeys: ListenKeyLookup | undefined;
  readonly outbox: FrameSink & { sendText(text: string): boolean };
  readonly timeUnit: TimeUnit;
  readonly combined: boolean;
  readonly streamsMax: number;
}

export class StreamConnection {
  readonly #options: StreamConnectionOptions;
  /** Names in the order they were subscribed to; user data ones (listenKeys) with their unsubscribe. */
  readonly #subscriptions = new Map<string, (() => void) | undefined>();
  #combined: boolean;

  constructor(options: StreamConnectionOptions) {
    this.#options = options;
    this.#combined = options.combined;
  }

  /** The streams of the URL; false when there are too many. */
  open(names: readonly string[]): boolean {
    if (names.length > this.#options.streamsMax) return false;
    for (const name of names) if (name.length <= MAX_STREAM_NAME_LENGTH) this.#subscribe(name);
    return true;
  }

  onMessage(text: string): void {
    let reply: string;
    try {
      reply = this.#answer(parseControlMessage(text));
    } catch (error) {
      if (!(error instanceof ControlError)) throw error;
      reply = error.reply;
    }
    this.#options.outbox.sendText(reply);
  }

  announceShutdown(nowUs: number): void {
    const event = serverShutdown(nowUs, timePrinter(this.#options.timeUnit));
    this.#options.outbox.sendText(this.#wrapped('!serverShutdown', event));
  }

  /** Ends the subscriptions of listenKeys that are not good any more; of those whose time is over it says so. */
  sweepListenKeys(nowUs: number): void {
    const { listenKeys, outbox, timeUnit } = this.#options;
    for (const [name, stopUserData] of this.#subscriptions) {
      if (stopUserData === undefined || listenKeys?.accountOf(name) !== undefined) continue;
      this.#unsubscribe(name);
      if (listenKeys?.hasExpired(name)) outbox.sendText(this.#wrapped(name, listenKeyExpired(name, nowUs, timePrinter(timeUnit))));
    }
  }

  /** Ends every subscription; nothing is sent after it. */
  close(): void {
    for (const name of [...this.#subscriptions.keys()]) this.#unsubscribe(name);
  }

  #answer(message: ControlMessage): string {
    const { id } = message;
    switch (message.method) {
      case 'SUBSCRIBE':
        this.#checkRoom(message.streams);
        for (const name of message.streams) this.#subscribe(name);
        return `{"result":null,"id":${id}}`;
      case 'UNSUBSCRIBE':
        for (const name of message.streams) this.#unsubscribe(name);
        return `{"result":null,"id":${id}}`;
      case 'LIST_SUBSCRIPTIONS':
        return `{"result":${JSON.stringify([...this.#subscriptions.keys()])},"id":${id}}`;
      case 'SET_PROPERTY':
        this.#setCombined(message.combined);
        return `{"result":null,"id":${id}}`;
      case 'GET_PROPERTY':
        return `{"result":${this.#combined},"id":${id}}`;
    }
  }

  #checkRoom(names: readonly string[]): void {
    const { streamsMax } = this.#options;
    const fresh = new Set(names.filter((name) => !this.#subscriptions.has(name)));
    if (this.#subscriptions.size + fresh.size > streamsMax) {
      throw new ControlError(2, `Invalid request: a connection can listen to a maximum of ${streamsMax} streams`);
    }
    for (const name of fresh) {
      if (name.length > MAX_STREAM_NAME_LENGTH) throw new ControlError(2, 'Invalid request: stream name too long');
    }
  }

  #subscribe(name: string): void {
    if (this.#subscriptions.has(name)) return;
    const accountId = this.#options.listenKeys?.accountOf(name);
    if (accountId !== undefined) {
      this.#subscriptions.set(name, this.#subscribeAccount(name, accountId));
      return;
    }
    this.#options.hub.subscribe(name, this.#options.outbox, this.#shape());
    this.#subscriptions.set(name, undefined);
  }

  /** listenKey sockets get the bare events. */
  #subscribeAccount(listenKey: string, accountId: number): () => void {
    const { outbox, timeUnit, listenKeys } = this.#options;
    return this.#options.userData.subscribe(accountId, {
      timeUnit,
      onEvents: (texts) => {
        // A key that is not good any more brings nothing more: the next sweep says so.
        if (listenKeys?.accountOf(listenKey) !== accountId) return;
        for (const text of texts) outbox.sendText(this.#wrapped(listenKey, text));
      },
    });
  }

  #unsubscribe(name: string): void {
    const stopUserData = this.#subscriptions.get(name);
    if (!this.#subscriptions.delete(name)) return;
    if (stopUserData === undefined) this.#options.hub.unsubscribe(name, this.#options.outbox, this.#shape());
    else stopUserData();
  }

  #setCombined(combined: boolean): void {
    if (combined === this.#combined) return;
    const before = this.#shape();
    this.#combined = combined;
    const { hub, outbox } = this.#options;
    for (const [name, stopUserData] of this.#subscriptions) {
      if (stopUserData !== undefined) continue;
      // In this order: a stream that loses its last subscriber forgets where it stands.
      hub.subscribe(name, outbox, this.#shape());
      hub.unsubscribe(name, outbox, before);
    }
  }

  #wrapped(name: string, payload: string): string {
    return this.#combined ? `{"stream":${JSON.stringify(name)},"data":${payload}}` : payload;
  }

  #shape(): Shape {
    return { combined: this.#combined, timeUnit: this.#options.timeUnit };
  }
}
