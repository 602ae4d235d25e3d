// One native WebSocket connection. In: the client's frames. Out: answers, and the frames of the channels it subscribed to.
// Bounded in everything a client could make grow: message rate, subscriptions, bytes that wait.
import type { ApiKey } from '../../../domain/accountProfile.ts';
import { assertNever } from '../../../domain/assert.ts';
import type { ExchangePort } from '../../../ports/exchangePort.ts';
import { isAllowedAddress } from '../../auth/addressList.ts';
import type { NativeAuth } from '../../auth/nativeAuth.ts';
import { ApiError, EdgeReject } from '../../errors.ts';
import type { WsConfig } from '../../httpConfig.ts';
import { CloseCode, type Frame, type Outbox } from '../../ws/outbox.ts';
import { ms } from '../views.ts';
import { type Channel, type ClientFrame, type FrameId, frameId, isOwn, jsonObject, parseChannel, parseFrame } from './clientFrame.ts';
import type { Feeds } from './feeds.ts';
import type { Subscriber } from './subscriber.ts';

/** What is signed to authenticate a connection, after the timestamp. */
const SIGNED = { method: 'GET', url: '/ws', body: undefined } as const;
/** Messages in a burst, in seconds of the sustained rate. */
const BURST_SECONDS = 2;

export interface SessionDeps {
  readonly exchange: ExchangePort;
  readonly auth: NativeAuth;
  readonly feeds: Feeds;
  readonly config: WsConfig;
  readonly onError: (error: unknown) => void;
}

export class Session implements Subscriber {
  readonly #deps: SessionDeps;
  readonly #outbox: Outbox;
  readonly #address: string;
  readonly #channels = new Map<string, Channel>();
  #key: ApiKey | undefined;
  #lastHeardUs: number;
  /** Messages the client may still send, and when that was reckoned. */
  #credit: number;
  #creditUs: number;

  constructor(outbox: Outbox, address: string, deps: SessionDeps) {
    this.#deps = deps;
    this.#outbox = outbox;
    this.#address = address;
    this.#lastHeardUs = deps.exchange.clock.nowUs();
    this.#creditUs = this.#lastHeardUs;
    this.#credit = BURST_SECONDS * deps.config.messagesPerSecondMax;
  }

  send(frame: Frame): boolean {
    return this.#outbox.send(frame);
  }

  close(code: CloseCode, reason: string): void {
    this.#outbox.close(code, reason);
  }

  /** Counts anything the client sent, control frames included; false when it is too much and the connection ends. */
  heard(): boolean {
    const nowUs = this.#deps.exchange.clock.nowUs();
    this.#lastHeardUs = nowUs;
    const perSecond = this.#deps.config.messagesPerSecondMax;
    const earned = ((nowUs - this.#creditUs) / 1e6) * perSecond;
    this.#credit = Math.min(this.#credit + earned, BURST_SECONDS * perSecond) - 1;
    this.#creditUs = nowUs;
    if (this.#credit >= 0) return true;
    this.close(CloseCode.POLICY, 'too many messages');
    return false;
  }

  receive(text: string): void {
    const json = jsonObject(text);
    try {
      this.#handle(parseFrame(json));
    } catch (error) {
      this.#answerError(error, frameId(json));
    }
  }

  /** Now and then: ends a connection that went silent, or whose key may no longer be used. */
  review(): void {
    const { exchange, config } = this.#deps;
    if (exchange.clock.nowUs() - this.#lastHeardUs > config.idleTimeoutMs * 1000) {
      this.close(CloseCode.POLICY, 'no answer to pings');
    } else if (this.#key !== undefined) {
      const key = exchange.registry.apiKey(this.#key.apiKey);
      const good = key !== undefined && !key.revoked && isAllowedAddress(key.ipAllowList, this.#address);
      if (!good) this.close(CloseCode.POLICY, 'the key may not be used any more');
    }
  }

  /** The connection is gone, or somebody else's. */
  dispose(): void {
    for (const channel of this.#channels.values()) this.#deps.feeds.remove(this, channel, this.#accountId);
    this.#channels.clear();
  }

  get #accountId(): number {
    return this.#key?.accountId ?? -1;
  }

  #handle(frame: ClientFrame): void {
    switch (frame.op) {
      case 'subscribe':
        this.#subscribe(frame.channels, frame.id);
        break;
      case 'unsubscribe':
        this.#unsubscribe(frame.channels, frame.id);
        break;
      case 'auth':
        this.#authenticate(frame);
        break;
      case 'ping':
        this.#answer({ op: 'pong', time: ms(this.#deps.exchange.clock.nowUs()) }, frame.id);
        break;
      default:
        assertNever(frame);
    }
  }

  #subscribe(names: readonly string[], id: FrameId): void {
    // All or none: every name is looked at before any is subscribed to.
    const channels = names.map((name) => this.#mayHave(parseChannel(name, this.#deps.exchange.registry)));
    const fresh = channels.filter(({ name }) => !this.#channels.has(name));
    const limit = this.#deps.config.subscriptionsMax;
    if (this.#channels.size + fresh.length > limit) throw new ApiError(EdgeReject.WS_TOO_MANY_SUBSCRIPTIONS, { limit });
    // The answer goes before the snapshots.
    this.#answer({ op: 'subscribed', channels: names }, id);
    for (const channel of fresh) {
      this.#deps.feeds.add(this, channel, this.#accountId);
      this.#channels.set(channel.name, channel);
    }
  }

  #mayHave(channel: Channel): Channel {
    if (!isOwn(channel) || this.#key !== undefined) return channel;
    throw new ApiError(EdgeReject.WS_NOT_AUTHENTICATED, { channel: channel.name });
  }

  #unsubscribe(names: readonly string[], id: FrameId): void {
    for (const name of names) {
      const channel = this.#channels.get(name);
      if (channel === undefined) continue;
      this.#channels.delete(name);
      this.#deps.feeds.remove(this, channel, this.#accountId);
    }
    this.#answer({ op: 'unsubscribed', channels: names }, id);
  }

  #authenticate(frame: Extract<ClientFrame, { op: 'auth' }>): void {
    const key = this.#deps.auth.check(frame, SIGNED, this.#address, 'READ');
    if (this.#key !== undefined && this.#key.accountId !== key.accountId) {
      throw new ApiError(EdgeReject.BAD_COMBINATION, { rule: 'a connection belongs to one account' });
    }
    this.#key = key;
    this.#answer({ op: 'authenticated', accountId: key.accountId }, frame.id);
  }

  #answer(answer: object, id: FrameId): void {
    this.#outbox.sendText(JSON.stringify(id === undefined ? answer : { ...answer, id }));
  }

  #answerError(error: unknown, id: FrameId): void {
    let told: ApiError;
    if (error instanceof ApiError) told = error;
    else {
      this.#deps.onError(error);
      told = new ApiError(EdgeReject.UNKNOWN);
    }
    this.#answer({ op: 'error', ...told.body() }, id);
  }
}
